module gpmbench

go 1.19

/* Placeholder so that headers compile: replaced by the volume kinds. */
#ifndef API_STORAGE_H
#define API_STORAGE_H
#endif

/*
 * An echo server: a G for each connection, written as if it could block.
 *
 *     echo [ADDRESS]       "127.0.0.1:7", "[::1]:7", "unix:/path"; port 0: any free one
 */
#include <arpa/inet.h>
#include <gpm.h>
#include <stdio.h>
#include <string.h>

static void serve(void *arg)
{
    struct gpm_io *io = arg;
    char buffer[4096];
    gpm_io_set_read_deadline(io, gpm_after(60000000000)); /* a minute for what a guest has to say */
    for (ssize_t n; (n = gpm_io_read(io, buffer, sizeof buffer)) > 0;)
        if (gpm_io_write_full(io, buffer, (size_t)n) < 0)
            break;
    gpm_io_close(io);
}

static void print_address(struct gpm_io *listener, const char *address)
{
    struct sockaddr_in bound;
    socklen_t length = sizeof bound;
    if (getsockname(gpm_io_fd(listener), (struct sockaddr *)&bound, &length) == 0
        && bound.sin_family == AF_INET)
        printf("listening on %s:%d\n", inet_ntoa(bound.sin_addr), ntohs(bound.sin_port));
    else
        printf("listening on %s\n", address);
    fflush(stdout);
}

static void listen_and_serve(void *address)
{
    struct gpm_io *listener, *io;
    int r = gpm_listen(address, &listener);
    if (r == 0) {
        print_address(listener, address);
        while ((r = gpm_io_accept(listener, NULL, NULL, &io)) == 0)
            if (gpm_go(serve, io) < 0)
                gpm_io_close(io);
    }
    fprintf(stderr, "echo: %s: %s\n", (char *)address, strerror(-r));
}

int main(int argc, char **argv)
{
    gpm_run(listen_and_serve, argc > 1 ? argv[1] : "127.0.0.1:0");
    return 1; /* it only returns when something went wrong */
}

/* A hostile TLS server on a socket: whatever it sends, the handshake fails with a reason, and not a byte is read as an
 * answer. */
#define _GNU_SOURCE
#include "net/tls.h"

#include "require.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int ends[2];
    if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return 0;
    struct anchors anchors;
    struct error e = {0};
    require(anchors_read(&anchors, NULL, false, &e) == 0);
    struct tls *t = tls_open(ends[0], "vault.example", &anchors, 1800000000);
    tls_step(t);
    require(size == 0 || send(ends[1], data, size, MSG_NOSIGNAL) >= 0);
    shutdown(ends[1], SHUT_WR);
    enum tls_state state = TLS_HANDSHAKE;
    for (unsigned i = 0; i < 2000 && state == TLS_HANDSHAKE; i++)
        state = tls_step(t);
    size_t n = 0;
    require((state == TLS_FAILED || state == TLS_ENDED) && !tls_read(t, &n) && tls_write(t, "GET", 3) == 0);
    require(state == TLS_ENDED || (tls_error(t, &e) == -1 && e.code != E_NONE && e.text[0]));
    tls_free(t);
    anchors_free(&anchors);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

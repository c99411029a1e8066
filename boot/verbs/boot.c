#include "node/node.h"
#include "verbs/verbs.h"

enum exit_status verb_boot(const struct options *o)
{
    node_run(o);
    /* A service that leaves with anything else would be held for broken and could reboot a healthy node. */
    return EXIT_DONE_;
}

/*
 * codes.h - every way hearth can fail, in one table.
 *
 * One row a code: identifier, the slug a user sees and gives to `hearth explain`,
 * exit status, retry class, what the code means, and the next step. The slug never
 * changes once released. Rows stand in the order of the pipeline; each is produced
 * by at least one test.
 *
 * Exit statuses: EXIT_FAILED_ 1 failed, EXIT_USAGE_ 2 usage, EXIT_SITE_ 3 the site
 * is wrong, EXIT_REFUSED_ 4 a guard refused (node, disk), EXIT_AZURE_ 5 a human must
 * act at Azure, EXIT_MACHINED_ 6 machined refused.
 *
 * A code that has several causes may have a next step for one of them: ERROR_ADVICE.
 *
 * Retry classes of boot: SOON 1-60 s with full jitter or as long as the server asks, SLOW
 * 10 min, EVENT when the facts or the site change (after a minute at the least, ten at the
 * most), STOP for what no change of the box mends: as EVENT, because boot never gives up.
 */
#ifndef HEARTH_BASE_CODES_H
#define HEARTH_BASE_CODES_H

enum exit_status {
    EXIT_DONE_ = 0,
    EXIT_FAILED_ = 1,
    EXIT_USAGE_ = 2,
    EXIT_SITE_ = 3,
    EXIT_REFUSED_ = 4,
    EXIT_AZURE_ = 5,
    EXIT_MACHINED_ = 6,
};

enum retry_class { RETRY_STOP, RETRY_SOON, RETRY_SLOW, RETRY_EVENT };

/* clang-format off */
#define ERROR_CODES(X) \
  /* BASE: the command line, memory, files */ \
  X(E_USAGE, "usage", EXIT_USAGE_, RETRY_STOP, \
    "the command line is not one hearth knows", \
    "run `hearth --help`, or `hearth VERB --help` for one verb") \
  X(E_NO_MEMORY, "no-memory", EXIT_FAILED_, RETRY_SLOW, \
    "the memory that hearth allows itself is used up", \
    "an input is larger than the limits that README names: a file of the site, or what a server answered") \
  X(E_FILE_READ, "file-read", EXIT_FAILED_, RETRY_EVENT, \
    "a file could not be read", \
    "check that the path exists and may be read by this user") \
  X(E_FILE_WRITE, "file-write", EXIT_FAILED_, RETRY_SOON, \
    "a file or directory could not be written", \
    "check free space, permissions, and that the path is not in use") \
  X(E_FILE_TOO_LARGE, "file-too-large", EXIT_SITE_, RETRY_EVENT, \
    "a file is larger than hearth accepts", \
    "make the file smaller; the limit stands in the message") \
  X(E_SYSTEM, "system", EXIT_FAILED_, RETRY_SOON, \
    "the operating system refused something hearth needs, or memory is damaged", \
    "the message holds the call and the reason; of memory: test the box's, then report it") \
  X(E_NOT_THIS_BOX, "not-this-box", EXIT_REFUSED_, RETRY_STOP, \
    "the entry given with --node is another box, and nothing of this one belongs in its config", \
    "run `hearth facts` on that box and give what it prints with --facts FILE") \
  X(E_CLOCK, "clock", EXIT_FAILED_, RETRY_SOON, \
    "the clock of this box cannot be right, so certificates cannot be judged", \
    "set the clock (date -u, or NTP); a flat CMOS battery shows as 1970 or the year of the BIOS") \
  /* FACTS */ \
  X(E_FACTS_READ, "facts-read", EXIT_FAILED_, RETRY_EVENT, \
    "the facts of this box could not be read at all", \
    "run on Linux with /proc and /sys mounted, or give --sysroot or --facts") \
  X(E_FACTS_FILE, "facts-file", EXIT_USAGE_, RETRY_STOP, \
    "the file given with --facts is not what `hearth facts` prints", \
    "make it anew on the box: hearth facts > box.json") \
  /* SITE */ \
  X(E_YAML_SYNTAX, "yaml-syntax", EXIT_SITE_, RETRY_STOP, \
    "a file is not YAML", \
    "look at the place in the message; indentation is spaces, and text with \": \" or \" #\" needs quotes") \
  X(E_YAML_REFUSED, "yaml-refused", EXIT_SITE_, RETRY_STOP, \
    "a file uses something of YAML that hearth does not read", \
    "hearth reads plain YAML in UTF-8: no anchors, aliases, <<, directives, duplicate keys or tags but its own") \
  X(E_YAML_REF, "yaml-ref", EXIT_SITE_, RETRY_STOP, \
    "a reference is not written as hearth reads it", \
    "the forms are !fact NAME, !node FIELD, !secret NAME@VERSION#/pointer, !file PATH, !format " \
    "\"{fact:NAME}\", !base64 {secret: NAME}, !base64decode {secret: NAME}") \
  X(E_SITE_PATH, "site-path", EXIT_SITE_, RETRY_STOP, \
    "a path leads out of the site", \
    "name a file inside the site, relative to its top, and keep symbolic links inside it") \
  X(E_SITE_MISSING, "site-missing", EXIT_SITE_, RETRY_STOP, \
    "there is no site here", \
    "give the directory that holds hearth.yaml with --site DIR; `hearth assets --out DIR` writes an example") \
  X(E_SITE_VERSION, "site-version", EXIT_SITE_, RETRY_STOP, \
    "hearth.yaml is of a version that this hearth does not read", \
    "begin hearth.yaml with apiVersion: hearth/v1") \
  X(E_SITE_KEY, "site-key", EXIT_SITE_, RETRY_STOP, \
    "hearth.yaml has a key that hearth does not know", \
    "correct the spelling or remove the key; nothing is ever ignored") \
  X(E_SITE_REQUIRED, "site-required", EXIT_SITE_, RETRY_STOP, \
    "hearth.yaml lacks something it must say", \
    "add the key that the message names") \
  X(E_SITE_KIND, "site-kind", EXIT_SITE_, RETRY_STOP, \
    "a value of hearth.yaml is of the wrong kind", \
    "write text where text is meant, a mapping or a list where one is meant, and no reference") \
  X(E_SITE_VALUE, "site-value", EXIT_SITE_, RETRY_STOP, \
    "a value of hearth.yaml is not one that can be used", \
    "correct the value; the message says what it may be") \
  X(E_SITE_NAME, "site-name", EXIT_SITE_, RETRY_STOP, \
    "the name of an entry cannot be a hostname", \
    "use letters, digits and hyphens, at most 63, beginning and ending with a letter or digit") \
  X(E_SITE_DUPLICATE, "site-duplicate", EXIT_SITE_, RETRY_STOP, \
    "two entries of hearth.yaml have one name", \
    "give each entry a name of its own") \
  X(E_SITE_ROLE, "site-role", EXIT_SITE_, RETRY_STOP, \
    "an entry names a role that is not defined", \
    "define the role under roles, or correct the spelling") \
  X(E_SITE_MATCH, "site-match", EXIT_SITE_, RETRY_STOP, \
    "a condition of hearth.yaml cannot be understood", \
    "conditions are fact names with a glob, a comparison such as \">= 200GB\", or a list of these; `hearth " \
    "facts` shows the names") \
  X(E_SITE_GUARD, "site-guard", EXIT_SITE_, RETRY_STOP, \
    "a dangerous setting stands on an entry that could be more than one box", \
    "match on an exact serial, uuid, board.serial or mac beside `bootstrap: auto` and `wipe`") \
  X(E_SITE_BOOTSTRAP, "site-bootstrap", EXIT_SITE_, RETRY_STOP, \
    "a cluster does not have exactly one entry that bootstraps it", \
    "set `bootstrap: auto` or `manual` on one control plane of the cluster") \
  X(E_SITE_CLOUD, "site-cloud", EXIT_SITE_, RETRY_STOP, \
    "the vault, the login authority and the resource are not of one cloud", \
    "use the vault's own URL from the portal; for another cloud say cloud.authority and cloud.resource") \
  X(E_SITE_PLACEHOLDER, "site-placeholder", EXIT_SITE_, RETRY_STOP, \
    "the site still holds an example's value", \
    "put your own value there: ids, vault, endpoint, serial, repository; `grep -rn CHANGE-ME .` finds the rest") \
  X(E_SECRET_CLEAR, "secret-clear", EXIT_SITE_, RETRY_STOP, \
    "a secret stands in clear in a file that Git tracks", \
    "put it into the vault and !secret NAME in its place, and change it where it counts, for Git keeps it; " \
    "`talosctl gen secrets --from-controlplane-config FILE` makes a bundle of a whole config") \
  X(E_SITE_SHADOWED, "site-shadowed", EXIT_SITE_, RETRY_STOP, \
    "an entry can never match, because an earlier one always matches first", \
    "put the narrower entry first") \
  X(E_SITE_EVEN, "site-even", EXIT_SITE_, RETRY_STOP, \
    "a cluster has an even number of control planes", \
    "etcd keeps its majority better with one, three or five") \
  X(E_MERGE, "merge", EXIT_SITE_, RETRY_STOP, \
    "an overlay cannot be laid over its base", \
    "compare the overlay with the file under it at the place in the message") \
  X(E_MERGE_LOST, "merge-lost", EXIT_DONE_, RETRY_STOP, \
    "an overlay says something that Talos's way of merging loses", \
    "take the value out of the file below, or delete it there first with `$patch: delete`") \
  /* PLAN */ \
  X(E_REF_FACT, "ref-fact", EXIT_REFUSED_, RETRY_EVENT, \
    "a fact that the site asks for is unknown on this box", \
    "run `hearth facts` on the box and name a fact that it has, or give the value another way") \
  X(E_REF_NODE, "ref-node", EXIT_SITE_, RETRY_STOP, \
    "a !node reference names something this entry and its role do not have", \
    "add the variable under vars in hearth.yaml, or name a field that exists") \
  X(E_PLAN_NO_MATCH, "plan-no-match", EXIT_REFUSED_, RETRY_EVENT, \
    "no entry of hearth.yaml is this box", \
    "add an entry to hearth.yaml with one of the match: lines that `hearth plan` prints on this box") \
  X(E_PLAN_NO_NODE, "plan-no-node", EXIT_USAGE_, RETRY_STOP, \
    "no entry of hearth.yaml has the name given with --node", \
    "give the name as it is written in hearth.yaml; `hearth plan --all` lists them") \
  X(E_PLAN_NAME, "plan-name", EXIT_REFUSED_, RETRY_EVENT, \
    "the entry does not make a usable hostname for this box", \
    "use letters, digits and inner hyphens, at most 63, from facts that this box has") \
  X(E_PLAN_NO_DISK, "plan-no-disk", EXIT_REFUSED_, RETRY_EVENT, \
    "no disk of this box may be given to Talos", \
    "correct install: in hearth.yaml, or put a disk in; `hearth plan --explain` shows every disk") \
  X(E_PLAN_DISKS, "plan-disks", EXIT_REFUSED_, RETRY_EVENT, \
    "more than one disk could be given to Talos", \
    "choose one under install: in hearth.yaml, for instance by wwid, size or transport") \
  X(E_PLAN_DISK_SELECTOR, "plan-disk-selector", EXIT_REFUSED_, RETRY_EVENT, \
    "the chosen disk has nothing by which Talos could tell it from the others", \
    "choose another disk under install: in hearth.yaml") \
  X(E_PLAN_DISK_LITERAL, "plan-disk-literal", EXIT_SITE_, RETRY_STOP, \
    "a machine config chooses the install disk by itself", \
    "remove it, and choose the disk with install: in hearth.yaml") \
  X(E_PLAN_FILE, "plan-file", EXIT_SITE_, RETRY_STOP, \
    "a file that the plan needs is missing from the site or cannot serve", \
    "write the file named in the message; `hearth assets --out DIR` shows a complete example") \
  X(E_PLAN_TYPE, "plan-type", EXIT_SITE_, RETRY_STOP, \
    "a machine config contradicts the type of its entry", \
    "remove machine.type, or correct type: in hearth.yaml") \
  X(E_PLAN_HOSTNAME, "plan-hostname", EXIT_SITE_, RETRY_STOP, \
    "a machine config sets a hostname other than the name of its entry", \
    "remove it: hearth writes the HostnameConfig from name: in hearth.yaml") \
  X(E_PLAN_FLUX, "plan-flux", EXIT_SITE_, RETRY_STOP, \
    "the Flux manifests of this role are missing or of another version", \
    "run `make flux SITE=DIR`, or `flux install --export`, and commit what it writes") \
  X(E_PLAN_MANIFEST, "plan-manifest", EXIT_SITE_, RETRY_STOP, \
    "a file under bootstrap/ cannot become a manifest", \
    "give it a lower-case name and Kubernetes objects with apiVersion and kind") \
  X(E_PLAN_MANIFEST_REF, "plan-manifest-ref", EXIT_SITE_, RETRY_STOP, \
    "a manifest holds a value that differs from node to node", \
    "use only secret, file, format, base64 and !node cluster, role, endpoint or a variable of the role") \
  X(E_PLAN_MANIFESTS_DIFFER, "plan-manifests-differ", EXIT_SITE_, RETRY_STOP, \
    "two control planes of one cluster would carry different manifests", \
    "give them one role, or make the bootstrap files of their roles the same") \
  X(E_PLAN_SECRETS, "plan-secrets", EXIT_SITE_, RETRY_STOP, \
    "one node needs more secrets than hearth fetches", \
    "put values that belong together into one secret and pick them with #/pointer") \
  X(E_PLAN_BUNDLE, "plan-bundle", EXIT_SITE_, RETRY_STOP, \
    "two clusters would have one identity: they take the same Talos secrets bundle", \
    "make the name the cluster's own, as in !secret talos-{node:cluster}#/..., and put a bundle of its own there") \
  X(E_TREE, "tree", EXIT_SITE_, RETRY_STOP, \
    "the tree that Flux reconciles cannot work as it stands", \
    "write the file that is missing, or correct the place in the message; a store's vault is the role's") \
  X(E_TREE_SECRET, "tree-secret", EXIT_SITE_, RETRY_STOP, \
    "a Secret or a store that the tree needs is made by nothing that is seen", \
    "inline it through bootstrap/, or correct name, namespace and key where it is asked for") \
  X(E_TREE_UNSEEN, "tree-unseen", EXIT_SITE_, RETRY_STOP, \
    "a part of the tree that Flux reconciles was not looked at", \
    "correct the place in the message, or give --partial: the rest is judged, and the last line says so") \
  X(E_PLAN_ENCRYPTION, "plan-encryption", EXIT_REFUSED_, RETRY_EVENT, \
    "the disk encryption that is asked for cannot work on this box", \
    "choose another key for the STATE volume: tpm needs TPM 2.0, nodeID needs a real UUID") \
  X(E_PLAN_OPEN, "plan-open", EXIT_DONE_, RETRY_STOP, \
    "without the facts of the box a part of the plan stays open", \
    "run on the box, or give what `hearth facts` prints there with --facts") \
  X(E_PLAN_RISK, "plan-risk", EXIT_DONE_, RETRY_STOP, \
    "as the site stands, something of it will not work or will be lost", \
    "read the warning, and change the site unless that is what you want") \
  X(E_PLAN_ADVICE, "plan-advice", EXIT_DONE_, RETRY_STOP, \
    "the plan works, and something in it deserves a second look", \
    "read the warning; nothing needs to be done for hearth to go on") \
  /* VAULT */ \
  X(E_CRED_MISSING, "cred-missing", EXIT_SITE_, RETRY_EVENT, \
    "there is no credential for this role's login", \
    "put it into .hearth/ROLE.pem or .hearth/ROLE.secret of the site; off a node the AZURE_* variables work too") \
  X(E_CRED_TRACKED, "cred-tracked", EXIT_SITE_, RETRY_STOP, \
    "a credential file is tracked by git", \
    "treat it as leaked: make a new one at Azure, `git rm --cached` the file, and list .hearth/ in .gitignore") \
  X(E_LOGIN_EXISTS, "login-exists", EXIT_REFUSED_, RETRY_STOP, \
    "the site has a login by this name already, and nobody can tell whose it is", \
    "if it is this box's: `hearth plan --az` prints how its certificate leaves the app; then remove both files and run this again") \
  X(E_CRED_DESK, "cred-desk", EXIT_AZURE_, RETRY_EVENT, \
    "this node logs in by its own TPM, and a desk has none of that", \
    "a login for a day that leaves no file: AZURE_CLIENT_SECRET=\"$(az ad app credential reset --id CLIENT --append " \
    "--end-date $(date -u -d tomorrow +%F) --query password --output tsv)\" hearth check ...") \
  X(E_TPM_NONE, "tpm-none", EXIT_REFUSED_, RETRY_EVENT, \
    "this login is made in the box's TPM, and the box shows none", \
    "switch the TPM on in the firmware's setup (Security, TPM 2.0, PTT or fTPM), or give this node another login.method") \
  X(E_TPM_OLD, "tpm-old", EXIT_REFUSED_, RETRY_EVENT, \
    "this login needs a TPM 2.0, and this box shows no such one", \
    "have the maker's update turn a TPM 1.2 into 2.0, or take Intel's PTT where the setup has it; or give this node " \
    "another login.method") \
  X(E_TPM_OTHER, "tpm-other", EXIT_REFUSED_, RETRY_EVENT, \
    "the TPM makes another key than the certificate's: another box, board or half, or a TPM made anew", \
    "with the right medium in the right box: take the old files away, run `hearth facts --login NAME --out DIR` on it, " \
    "add the new certificate and delete the old one (`hearth plan --az`)") \
  X(E_TPM_PASSWORD, "tpm-password", EXIT_REFUSED_, RETRY_EVENT, \
    "somebody has given the TPM's endorsement hierarchy a password", \
    "give this node another login.method; or clear the TPM in the setup: this login stays the same, and all that is " \
    "sealed to the TPM is lost (Talos's STATE by TPM, BitLocker)") \
  X(E_TPM_OFF, "tpm-off", EXIT_REFUSED_, RETRY_EVENT, \
    "the TPM's endorsement hierarchy is switched off", \
    "restart the box, which undoes what software did; else switch it on in the firmware's setup") \
  X(E_TPM_REFUSED, "tpm-refused", EXIT_REFUSED_, RETRY_EVENT, \
    "the TPM does not do what the login needs", \
    "run as root; give this node another login.method if it stays, and report the message") \
  X(E_TPM_PAIR, "tpm-pair", EXIT_SITE_, RETRY_EVENT, \
    "a certificate in logins/ is not the one that was born with its half", \
    "take it back from Git as it was, and see who changed it; or make both anew on the box: hearth facts --login NAME " \
    "--out DIR") \
  X(E_CRED_FORM, "cred-form", EXIT_SITE_, RETRY_EVENT, \
    "a credential is not in a form that hearth reads", \
    "a .pem holds one unencrypted RSA key (PKCS#1 or PKCS#8) and its certificate; a .secret holds the " \
    "secret's value alone; both as UTF-8") \
  X(E_CRED_ENCRYPTED, "cred-encrypted", EXIT_SITE_, RETRY_EVENT, \
    "the login key is encrypted", \
    "write it without a passphrase: openssl pkcs8 -topk8 -nocrypt -in KEY -out NEW, then append the certificate") \
  X(E_CRED_PFX, "cred-pfx", EXIT_SITE_, RETRY_EVENT, \
    "the login certificate is PKCS#12, not PEM", \
    "convert it: openssl pkcs12 -in FILE.pfx -nodes -out .hearth/ROLE.pem") \
  X(E_CRED_KEY, "cred-key", EXIT_SITE_, RETRY_EVENT, \
    "the login key is of a kind or size that is not used", \
    "Entra takes RSA keys only; make one of 2048 to 4096 bits") \
  X(E_CRED_MISMATCH, "cred-mismatch", EXIT_SITE_, RETRY_EVENT, \
    "the login key does not belong to the certificate beside it", \
    "put the key and its own certificate, the one that was uploaded to the app registration, into one file") \
  X(E_VAULT_REQUEST, "vault-request", EXIT_SITE_, RETRY_EVENT, \
    "an address or a name for the vault is not well formed", \
    "addresses are https://HOST or https://HOST:PORT; secret names are 1 to 127 of 0-9 A-Z a-z and -") \
  X(E_VAULT_HOST, "vault-host", EXIT_SITE_, RETRY_EVENT, \
    "the vault's host does not belong to the cloud that the token is for", \
    "make role.vault and cloud.resource fit: https://NAME.vault.azure.net goes with https://vault.azure.net") \
  X(E_VAULT_CA, "vault-ca", EXIT_SITE_, RETRY_EVENT, \
    "the extra roots of this role cannot be used", \
    "cloud.ca names a PEM file with 1 to 16 CA certificates (RSA up to 4096 bits, P-256, P-384)") \
  X(E_FETCHER, "fetcher", EXIT_FAILED_, RETRY_SOON, \
    "the process that talks to the network ended early or said something it never says", \
    "try again; if it stays, report it with the message: nothing that process sent was used") \
  X(E_SANDBOX, "fetcher-sandbox", EXIT_FAILED_, RETRY_SOON, \
    "the kernel refused the sandbox of the process that talks to the network", \
    "a kernel with seccomp filters is needed (CONFIG_SECCOMP_FILTER); a container may have to allow it") \
  X(E_DNS_NO_SERVER, "dns-no-server", EXIT_FAILED_, RETRY_SOON, \
    "no name server is known", \
    "is the network up? /etc/resolv.conf needs a `nameserver` line") \
  X(E_DNS_NXDOMAIN, "dns-nxdomain", EXIT_FAILED_, RETRY_SOON, \
    "the name does not exist", \
    "look for a typing error in the vault's name (a deleted vault's is gone too); for a name of Azure's " \
    "own, look at /etc/resolv.conf, and whether a DNS filter blocks it") \
  X(E_DNS_NO_ADDRESS, "dns-no-address", EXIT_FAILED_, RETRY_SOON, \
    "the name exists but has no address", \
    "check the name and the DNS server; a private vault's zone may be linked but empty") \
  X(E_DNS_SILENT, "dns-silent", EXIT_FAILED_, RETRY_SOON, \
    "no name server answered", \
    "check the network, and that the name servers in /etc/resolv.conf can be reached (UDP and TCP port 53)") \
  X(E_DNS_FAILED, "dns-failed", EXIT_FAILED_, RETRY_SOON, \
    "the name servers answered with an error", \
    "the name server is at fault or does not serve this network: try another one") \
  X(E_DNS_TCP, "dns-tcp", EXIT_FAILED_, RETRY_SOON, \
    "a name server's answer is too long for UDP, and by TCP it does not answer", \
    "let TCP port 53 through to the name servers in /etc/resolv.conf, or name others") \
  X(E_DNS_FILTERED, "dns-filtered", EXIT_FAILED_, RETRY_SOON, \
    "a name server gives an address that leads nowhere, as a filter does", \
    "allow the name in the filter (Pi-hole, AdGuard, the router's or the provider's), or give the box " \
    "another name server") \
  X(E_DNS_MALFORMED, "dns-malformed", EXIT_FAILED_, RETRY_SOON, \
    "a name server's answer was not a valid one", \
    "something on the way answers DNS wrongly: try another name server") \
  X(E_TCP_REFUSED, "tcp-refused", EXIT_FAILED_, RETRY_SOON, \
    "the host refused the connection", \
    "check the address and port, and whether a firewall rejects it") \
  X(E_TCP_TIMEOUT, "tcp-timeout", EXIT_FAILED_, RETRY_SOON, \
    "the host did not answer the connection in time", \
    "a firewall may drop port 443; hearth uses no proxy") \
  X(E_TCP_UNREACHABLE, "tcp-unreachable", EXIT_FAILED_, RETRY_SOON, \
    "there is no way to the host", \
    "check the address, the netmask and the default route") \
  X(E_TCP_RESET, "tcp-reset", EXIT_FAILED_, RETRY_SOON, \
    "the connection was broken off", \
    "the server or something on the way (a firewall that inspects TLS) cut it; try again") \
  X(E_TLS_TIMEOUT, "tls-timeout", EXIT_FAILED_, RETRY_SOON, \
    "the TLS handshake did not finish in time", \
    "the host accepts connections but does not speak TLS, or the network drops large packets (MTU)") \
  X(E_TLS_EXPIRED, "tls-expired", EXIT_FAILED_, RETRY_SOON, \
    "a certificate of the server has expired", \
    "check the clock first; otherwise the server's owner must renew it") \
  X(E_TLS_NOT_YET_VALID, "tls-not-yet-valid", EXIT_FAILED_, RETRY_SOON, \
    "a certificate of the server is not valid yet", \
    "the clock of this box is probably behind: an empty CMOS battery, or no time sync") \
  X(E_TLS_WRONG_NAME, "tls-wrong-name", EXIT_FAILED_, RETRY_SOON, \
    "the server's certificate is for another name", \
    "the name leads to the wrong host: check DNS, /etc/hosts and the address in hearth.yaml") \
  X(E_TLS_UNKNOWN_ROOT, "tls-unknown-root", EXIT_FAILED_, RETRY_SOON, \
    "the server's certificate comes from an authority that is not trusted", \
    "a proxy that inspects TLS may be in the way; its CA can be named as cloud.ca of the role") \
  X(E_TLS_SELF_SIGNED, "tls-self-signed", EXIT_FAILED_, RETRY_SOON, \
    "the server's certificate is signed by itself", \
    "this is not Azure; a router's or proxy's own page may be answering") \
  X(E_TLS_MISSING_INTERMEDIATE, "tls-missing-intermediate", EXIT_FAILED_, RETRY_SOON, \
    "the server did not send the certificates between its own and a root", \
    "the server's owner must send the whole chain; hearth does not fetch certificates") \
  X(E_TLS_PURPOSE, "tls-purpose", EXIT_FAILED_, RETRY_SOON, \
    "the server's certificate is not for servers", \
    "the certificate lacks the extended key usage serverAuth: a client's certificate was installed on a server") \
  X(E_TLS_CHAIN, "tls-chain", EXIT_FAILED_, RETRY_SOON, \
    "the server's certificate chain is not sound", \
    "the message says which check failed; a proxy that inspects TLS may have made the chain") \
  X(E_TLS_WEAK_KEY, "tls-weak-key", EXIT_FAILED_, RETRY_SOON, \
    "a certificate of the server has too weak a key", \
    "RSA keys need 2048 bits or more; a proxy that inspects TLS may have made the certificate") \
  X(E_TLS_VERSION, "tls-version", EXIT_FAILED_, RETRY_SOON, \
    "the server does not speak TLS 1.2", \
    "hearth speaks TLS 1.2 only; Azure does too, so an old proxy may be in the way") \
  X(E_TLS_CIPHER, "tls-cipher", EXIT_FAILED_, RETRY_SOON, \
    "the server shares no cipher suite with hearth", \
    "hearth offers ECDHE with AES-GCM, as Azure does: something else is answering, or a server in FIPS mode") \
  X(E_TLS_CLIENT_CERTIFICATE, "tls-client-certificate", EXIT_FAILED_, RETRY_SOON, \
    "the server demands a certificate of the client", \
    "Azure demands none at these hosts: a proxy that does is answering; let it pass them through") \
  X(E_TLS_ALERT, "tls-alert", EXIT_FAILED_, RETRY_SOON, \
    "the server ended the TLS connection with an alert", \
    "the message holds the alert's number; a proxy may be in the way") \
  X(E_TLS_PROTOCOL, "tls-protocol", EXIT_FAILED_, RETRY_SOON, \
    "what the server sent is not TLS, or was changed on the way", \
    "check the port; a captive portal may be answering") \
  X(E_TLS_TRUNCATED, "tls-truncated", EXIT_FAILED_, RETRY_SOON, \
    "the connection ended without TLS saying so", \
    "the answer may have been cut, so none of it was used; something on the way closes connections") \
  X(E_HTTP_TIMEOUT, "http-timeout", EXIT_FAILED_, RETRY_SOON, \
    "the server took the request but did not answer in time", \
    "try again; Azure's status page tells of outages") \
  X(E_HTTP_CLOSED, "http-closed", EXIT_FAILED_, RETRY_SOON, \
    "the server closed the connection before it had answered", \
    "try again; if it stays, something on the way closes connections") \
  X(E_HTTP_MALFORMED, "http-malformed", EXIT_FAILED_, RETRY_SOON, \
    "the answer is not well-formed HTTP/1.1", \
    "this is not Azure's front end; a proxy may be in the way") \
  X(E_HTTP_TOO_LARGE, "http-too-large", EXIT_FAILED_, RETRY_SOON, \
    "the answer is larger than any that Azure gives", \
    "this is not Azure's front end; a proxy may be in the way") \
  X(E_HTTP_ENCODED, "http-encoded", EXIT_FAILED_, RETRY_SOON, \
    "the answer is compressed, which was not asked for", \
    "Azure does not do so: a proxy that inspects or compresses traffic is in the way; let it pass these " \
    "hosts through") \
  X(E_HTTP_STATUS, "http-status", EXIT_FAILED_, RETRY_SOON, \
    "the answer has a status that Azure does not use here", \
    "hearth follows no redirects; a captive portal or a proxy may be in the way") \
  X(E_ENTRA_CLIENT, "entra-client", EXIT_AZURE_, RETRY_SLOW, \
    "Entra does not accept the client or its credential", \
    "check login.client and the credential: wrong, expired, or of another app registration") \
  X(E_ENTRA_REQUEST, "entra-request", EXIT_AZURE_, RETRY_SLOW, \
    "Entra finds the request wrong", \
    "check login.tenant and the cloud's authority") \
  X(E_ENTRA_SCOPE, "entra-scope", EXIT_AZURE_, RETRY_SLOW, \
    "Entra does not know the resource that the token is for", \
    "check cloud.resource; it must be of the same cloud as the authority") \
  X(E_ENTRA_GRANT, "entra-grant", EXIT_AZURE_, RETRY_SLOW, \
    "Entra does not accept the assertion", \
    "check the clock of this box, the certificate in the app registration, and its dates there") \
  X(E_ENTRA_INTERACTION, "entra-interaction", EXIT_AZURE_, RETRY_SLOW, \
    "a policy of the tenant blocks this login", \
    "an administrator must exempt the app from the Conditional Access policy") \
  X(E_ENTRA_REFUSED, "entra-refused", EXIT_AZURE_, RETRY_SLOW, \
    "Entra refused the login", \
    "the sign-in log of the tenant has the reason: search it for the trace id in the message") \
  X(E_ENTRA_BUSY, "entra-busy", EXIT_FAILED_, RETRY_SOON, \
    "Entra asks for fewer requests", \
    "hearth waits and tries again") \
  X(E_ENTRA_UNAVAILABLE, "entra-unavailable", EXIT_FAILED_, RETRY_SOON, \
    "Entra has a fault of its own", \
    "hearth tries again; Azure's status page tells of outages") \
  X(E_ENTRA_CODE, "entra-code", EXIT_AZURE_, RETRY_SOON, \
    "nobody logged in for this box in time", \
    "open the address that is shown with the code, enter the code, and log in as someone who may read the " \
    "secrets; if the browser says that access is blocked, the tenant forbids logins by code: use " \
    "login.method certificate") \
  X(E_ENTRA_DECLINED, "entra-declined", EXIT_AZURE_, RETRY_SLOW, \
    "the person who was asked to log in for this box said no", \
    "accept only for a box whose serial you know; run hearth again, or wait for the next code") \
  X(E_ENTRA_ANSWER, "entra-answer", EXIT_FAILED_, RETRY_SOON, \
    "the answer to the login is not a token", \
    "something else than Entra is answering; check the cloud's authority") \
  X(E_VAULT_UNAUTHORIZED, "vault-unauthorized", EXIT_AZURE_, RETRY_SLOW, \
    "the vault does not accept the token", \
    "the vault belongs to another tenant or cloud: compare login.tenant with the vault's directory") \
  X(E_VAULT_RBAC, "vault-rbac", EXIT_AZURE_, RETRY_SLOW, \
    "the client may not read this secret", \
    "give the app the role Key Vault Secrets User on the vault or the secret, which takes up to ten minutes " \
    "to work; or there is no such secret: the vault says the same of a name that does not exist") \
  X(E_VAULT_POLICY, "vault-policy", EXIT_AZURE_, RETRY_SLOW, \
    "the vault's access policies do not let the client read secrets", \
    "give the app the secret permission Get in the vault's access policies; an entry for it together with " \
    "an authorized application does not count, as nobody logs in on a person's behalf here") \
  X(E_VAULT_FIREWALL, "vault-firewall", EXIT_AZURE_, RETRY_SLOW, \
    "the vault's firewall does not let this address in", \
    "allow the public address of this network under the vault's Networking page; a home line's changes now and then") \
  X(E_VAULT_CONNECTION, "vault-connection", EXIT_AZURE_, RETRY_SLOW, \
    "the vault is closed to the public network", \
    "allow public access, or reach it through its private endpoint") \
  X(E_VAULT_FORBIDDEN, "vault-forbidden", EXIT_AZURE_, RETRY_SLOW, \
    "the vault forbids the request", \
    "the message holds the vault's own code; check roles, policies and the vault's network settings") \
  X(E_SECRET_DISABLED, "secret-disabled", EXIT_AZURE_, RETRY_SLOW, \
    "the secret is disabled", \
    "enable it: az keyvault secret set-attributes --enabled true") \
  X(E_SECRET_MISSING, "secret-missing", EXIT_AZURE_, RETRY_SLOW, \
    "there is no such secret, version or vault", \
    "`hearth plan --az` prints the command that makes it; a deleted secret can be recovered") \
  X(E_SECRET_VALUE, "secret-value", EXIT_AZURE_, RETRY_SLOW, \
    "the secret's value cannot be used", \
    "put it in again: UTF-8 text of 1 to 25600 bytes without NUL; `hearth plan --az` has the command") \
  X(E_SECRET_EXPIRED, "secret-expired", EXIT_AZURE_, RETRY_SLOW, \
    "a secret is past its expiry date", \
    "set a new value, or a later date: az keyvault secret set-attributes --expires DATE") \
  X(E_OPERATOR_LOGIN, "operator-login", EXIT_AZURE_, RETRY_SLOW, \
    "the External Secrets Operator cannot log in with what the vault holds", \
    "put a valid password, or key with its certificate, into the vault; a cluster that has taken the wrong " \
    "one is locked out: the guide, day two") \
  X(E_MARKER_VALUE, "marker-value", EXIT_AZURE_, RETRY_SLOW, \
    "the secret that says whether the cluster is founded says something else", \
    "set it to none if this cluster was never founded or is gone for good; hearth alone writes anything else") \
  X(E_MARKER_RIGHT, "marker-right", EXIT_AZURE_, RETRY_SLOW, \
    "the client may not write the secret that says that the cluster is founded", \
    "give it Key Vault Secrets Officer on that one secret: `hearth plan --az` prints the command") \
  X(E_VAULT_PARAMETER, "vault-parameter", EXIT_AZURE_, RETRY_SLOW, \
    "the vault finds the request wrong", \
    "check the secret's name and version") \
  X(E_VAULT_BUSY, "vault-busy", EXIT_FAILED_, RETRY_SOON, \
    "the vault asks for fewer requests", \
    "hearth waits and tries again") \
  X(E_VAULT_UNAVAILABLE, "vault-unavailable", EXIT_FAILED_, RETRY_SOON, \
    "the vault has a fault of its own", \
    "hearth tries again; Azure's status page tells of outages") \
  X(E_VAULT_ANSWER, "vault-answer", EXIT_FAILED_, RETRY_SOON, \
    "the vault's answer is not the secret that was asked for", \
    "something else than Key Vault is answering; check the vault's address") \
  /* RENDER */ \
  X(E_SECRET_POINTER, "secret-pointer", EXIT_SITE_, RETRY_SLOW, \
    "a secret does not hold what a pointer asks of it", \
    "compare the pointer in the site with the secret's value: it must lead to text in YAML or JSON") \
  X(E_FILE_TEXT, "file-text", EXIT_SITE_, RETRY_EVENT, \
    "a file that becomes text is not text", \
    "save it as UTF-8 without NUL bytes, or encode it: !base64 {file: PATH}") \
  X(E_RENDER_KEY, "config-key", EXIT_SITE_, RETRY_STOP, \
    "the machine config has a key that Talos does not know, and would be refused on the box", \
    "correct the key; talosctl's reference of v1alpha1 lists them all") \
  X(E_RENDER_FIELD, "config-field", EXIT_SITE_, RETRY_SLOW, \
    "the machine config lacks something without which a node never works, or it is malformed", \
    "put it into talos/controlplane.yaml or talos/worker.yaml; keys and tokens as !secret NAME#/pointer into " \
    "a bundle of `talosctl gen secrets`") \
  X(E_RENDER_FORBIDDEN, "config-forbidden", EXIT_SITE_, RETRY_SLOW, \
    "a worker's machine config holds what only control planes may have", \
    "take it out of talos/worker.yaml; a worker gets no CA key and nothing of etcd") \
  X(E_RENDER_CONFLICT, "config-conflict", EXIT_SITE_, RETRY_STOP, \
    "two parts of the machine config exclude each other", \
    "keep one of them: the field in the main document, or in Talos 1.14's own form the document") \
  X(E_RENDER_DISK, "config-disk", EXIT_SITE_, RETRY_EVENT, \
    "the machine config names its install disk past hearth's check", \
    "write `diskSelector: !node install.disk` under machine.install, and say which disk under `install` in " \
    "hearth.yaml") \
  X(E_RENDER_PEM, "config-pem", EXIT_SITE_, RETRY_SLOW, \
    "a certificate or key of the machine config is not one", \
    "the secrets bundle has what Talos wants, base64 of the PEM text: !secret NAME#/certs/...; where a document of " \
    "1.14 wants the PEM itself: !base64decode {secret: NAME#/certs/...}") \
  X(E_RENDER_CNI, "config-cni", EXIT_SITE_, RETRY_STOP, \
    "the cluster would have no pod network", \
    "leave cluster.network.cni out for flannel, or inline a CNI through bootstrap/") \
  X(E_RENDER_DNS, "config-dns", EXIT_SITE_, RETRY_STOP, \
    "the cluster would have no DNS", \
    "leave CoreDNS enabled, or inline another through bootstrap/") \
  X(E_RENDER_PROXY, "config-proxy", EXIT_SITE_, RETRY_STOP, \
    "the cluster would have no service proxy", \
    "leave kube-proxy enabled, or inline a CNI that replaces it, and tell it so") \
  X(E_MANIFEST_OBJECT, "manifest-object", EXIT_SITE_, RETRY_STOP, \
    "a manifest holds something that is no Kubernetes object", \
    "each document needs apiVersion, kind and metadata.name") \
  X(E_MANIFEST_NAME, "manifest-name", EXIT_SITE_, RETRY_STOP, \
    "two inlined manifests have one name", \
    "rename the file under bootstrap/ or the entry in cluster.inlineManifests") \
  X(E_MANIFEST_SECRET, "manifest-secret", EXIT_SITE_, RETRY_SLOW, \
    "an inlined Secret is not one that Kubernetes takes as it stands", \
    "use `data` with !base64 {secret: NAME}; stringData is write-only, so every later comparison would differ") \
  X(E_MANIFEST_NAMESPACE, "manifest-namespace", EXIT_SITE_, RETRY_STOP, \
    "an inlined object has no namespace, or one that nothing inlined creates", \
    "add the Namespace under bootstrap/: a missing one stops Talos from applying everything behind it") \
  X(E_FLUX_SYNC, "flux-sync", EXIT_SITE_, RETRY_SLOW, \
    "Flux could not pull from Git with what is inlined", \
    "compare the sync file with what `flux bootstrap` writes, and with the Secret under bootstrap/; ssh needs identity and known_hosts") \
  X(E_RENDER_SIZE, "render-size", EXIT_SITE_, RETRY_STOP, \
    "what was rendered is too large", \
    "inline only what the first boot needs and leave the rest to Flux") \
  X(E_RENDER_SELFCHECK, "render-selfcheck", EXIT_FAILED_, RETRY_STOP, \
    "what was written does not read back as what was meant; nothing of it was used", \
    "this is a mistake in hearth: report the place in the message") \
  X(E_OUT_FOREIGN, "out-foreign", EXIT_REFUSED_, RETRY_STOP, \
    "the output directory is not an earlier output of hearth", \
    "name a new or empty directory; hearth replaces only what it wrote itself") \
  /* TALOS */ \
  X(E_MACHINED_SOCKET, "machined-socket", EXIT_FAILED_, RETRY_SOON, \
    "nobody listens on the socket of machined", \
    "hearth boot runs as a Talos system extension; elsewhere use plan and render") \
  X(E_MACHINED_LOST, "machined-lost", EXIT_FAILED_, RETRY_SOON, \
    "machined ended a call without an answer", \
    "this mends itself when machined is restarting; if it stays, look at `talosctl dmesg`") \
  X(E_MACHINED_SILENT, "machined-silent", EXIT_FAILED_, RETRY_SOON, \
    "machined did not answer in time", \
    "this mends itself when machined is busy; if it stays, look at `talosctl dmesg`") \
  X(E_MACHINED_MALFORMED, "machined-malformed", EXIT_FAILED_, RETRY_SOON, \
    "what came over the socket is not what machined says", \
    "report this, with the Talos version") \
  X(E_MACHINED_DENIED, "machined-denied", EXIT_MACHINED_, RETRY_SOON, \
    "machined does not let this process ask", \
    "hearth boot must run as the extension service ext-hearth; right after start this mends itself") \
  X(E_MACHINED_BUSY, "machined-busy", EXIT_MACHINED_, RETRY_SOON, \
    "machined is not ready for this yet", \
    "nothing to do: hearth asks again") \
  X(E_MACHINED_REJECTED, "machined-rejected", EXIT_MACHINED_, RETRY_EVENT, \
    "machined rejects the machine config", \
    "correct the site by what machined says; the same config is not sent again") \
  X(E_MACHINED_OLD, "machined-old", EXIT_MACHINED_, RETRY_STOP, \
    "this Talos cannot take a machine config from an extension", \
    "boot Talos 1.13 or newer") \
  X(E_MACHINED_EXISTS, "machined-exists", EXIT_MACHINED_, RETRY_STOP, \
    "etcd has data on this node already", \
    "nothing to do: the cluster is founded") \
  X(E_MACHINED_FAILED, "machined-failed", EXIT_MACHINED_, RETRY_SOON, \
    "machined could not do what it was asked", \
    "the message is machined's own; `talosctl dmesg` has more") \
  X(E_ETCD, "etcd", EXIT_MACHINED_, RETRY_SOON, \
    "etcd does not come up on this node", \
    "the message is machined's own; `talosctl service etcd` and `talosctl logs etcd` have more") \
  X(E_GUARD_DISK, "guard-disk", EXIT_REFUSED_, RETRY_EVENT, \
    "Talos would not find exactly the disk that the plan chooses", \
    "compare `talosctl get disks --insecure` with install: in hearth.yaml") \
  X(E_GUARD_FOREIGN, "guard-foreign", EXIT_REFUSED_, RETRY_EVENT, \
    "the install disk holds something that is not Talos's, and installing would destroy it", \
    "save what you need, then set wipe: true under install: of this entry, or empty the disk") \
  X(E_GUARD_CUT, "guard-cut", EXIT_REFUSED_, RETRY_EVENT, \
    "the install disk holds an install that did not end, over which Talos never installs", \
    "choose the entry of the medium's menu that resets this machine; it then installs anew") \
  X(E_GUARD_VOLUME, "guard-volume", EXIT_REFUSED_, RETRY_EVENT, \
    "a volume of the machine config could be made on a disk that is not empty", \
    "bind the volume to the system disk (match: system_disk) or to a disk by its wwid, or empty the disk") \
  X(E_GUARD_SYSTEM, "guard-system", EXIT_REFUSED_, RETRY_EVENT, \
    "Talos is installed on another disk than the plan chooses", \
    "unplug or wipe the disk named in the message, or choose it with install: in hearth.yaml") \
  X(E_CONFIG_STREAM, "config-stream", EXIT_SITE_, RETRY_EVENT, \
    "the machine config that is active on the node cannot be carried over", \
    "apply a smaller partial config, or put its documents into the site") \
  X(E_WAIT_DISKS, "wait-disks", EXIT_FAILED_, RETRY_SOON, \
    "no disk that Talos could be installed on has appeared and settled", \
    "look at cabling and BIOS; with RAID mode on, switch the controller to AHCI") \
  X(E_WAIT_LINK, "wait-link", EXIT_FAILED_, RETRY_SOON, \
    "the box has no address", \
    "look at the cable and the DHCP server; a static address goes into a partial machine config") \
  X(E_WAIT_DNS, "wait-dns", EXIT_FAILED_, RETRY_SOON, \
    "the box has no name server", \
    "let DHCP hand one out, or set one in a partial machine config") \
  X(E_STOPPED, "stopped", EXIT_FAILED_, RETRY_STOP, \
    "hearth was told to stop", \
    "nothing to do: the next run begins where this one was") \
  X(E_END_, "", EXIT_FAILED_, RETRY_STOP, "", "")

/* Identifier, the code that it belongs to, the next step in the place of the code's own. */
#define ERROR_ADVICE(X) \
  X(ADVICE_PFX_BASE64, E_CRED_PFX, \
    "decode and convert it: base64 -d FILE | openssl pkcs12 -nodes -out .hearth/ROLE.pem") \
  X(ADVICE_SECRET, E_CRED_FORM, \
    "put the secret's value into .hearth/ROLE.secret and nothing else, as Azure showed it once: 40 " \
    "characters or so, without blanks or quotes") \
  X(ADVICE_BORN, E_CRED_FORM, \
    "take it back as `hearth facts --login` wrote it; where it is lost make both files of the node anew on the box") \
  X(ADVICE_MEDIUM, E_CRED_MISSING, \
    "lay both files of the node into the site and make the medium anew (make pxe: with CREDENTIAL=1); where they " \
    "are lost, make both anew on the box: hearth facts --login NAME --out DIR") \
  X(ADVICE_DNS_REFUSED, E_DNS_FAILED, \
    "the name server does not serve this network (a VLAN or subnet that it does not know): allow it there, " \
    "or name another in /etc/resolv.conf") \
  X(ADVICE_MICROSOFT_ROOT, E_TLS_UNKNOWN_ROOT, \
    "the server left out the cross-certificate to a root that is known, or Microsoft has a new root: get " \
    "the issuer in the message from https://www.microsoft.com/pkiops/certs/, compare its SHA-256 with " \
    "Microsoft's page, and name it as cloud.ca of the role; a newer hearth may have it") \
  X(ADVICE_PORTAL, E_HTTP_STATUS, \
    "this network wants a login of its own first (RFC 6585): open any page in a browser in it, or have the " \
    "box let through") \
  X(ADVICE_NOT_THE_VAULT, E_HTTP_STATUS, \
    "a proxy or gateway answers in the vault's place: let the vault's host past it; with 400 or 431 its " \
    "header buffers are smaller than the token") \
  X(ADVICE_LAPSED, E_ENTRA_SCOPE, \
    "a subscription of the tenant has lapsed, or Key Vault is switched off there: look at Subscriptions in " \
    "the portal, and at `az ad sp show --id https://vault.azure.net`") \
  X(ADVICE_SECOND_FACTOR, E_ENTRA_INTERACTION, \
    "the person who logs in finishes the registration of a second factor (https://aka.ms/mfasetup) and logs " \
    "in again; an app's own login, certificate or secret, needs none") \
  X(ADVICE_DEVICE, E_ENTRA_INTERACTION, \
    "a policy wants a managed device, which a login by code never comes from: use login.method certificate, " \
    "or have the person or the app exempted") \
  X(ADVICE_CONSENT, E_ENTRA_REFUSED, \
    "an administrator consents to the app's permission once: az ad app permission admin-consent --id CLIENT") \
  X(ADVICE_KEY_SIZE, E_ENTRA_CLIENT, \
    "make a key of 2048 bits or more, and register its certificate: `hearth plan --az` prints the commands") \
  X(ADVICE_CHAIN, E_ENTRA_CLIENT, \
    "upload the very certificate that is in the .pem to the app registration; hearth sends no chain, so a " \
    "login by subject name and issuer cannot work") \
  X(ADVICE_API_VERSION, E_VAULT_PARAMETER, \
    "the vault no longer knows the version of its interface that this hearth asks for: use a newer hearth")
/* clang-format on */

#define X(id, slug, exit, retry, sentence, next) id,
enum error_code { E_NONE, ERROR_CODES(X) };
#undef X

#define X(id, code, next) id,
enum error_advice { ADVICE_NONE, ERROR_ADVICE(X) ADVICE_END_ };
#undef X

#endif

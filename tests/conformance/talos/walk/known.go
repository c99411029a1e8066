package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A known row is a difference that is meant, and why. Rows that meet nothing any more are said, too.
type known struct {
	version string // "1.13", "1.14"; "" for both
	class   string // merge: different, taken, refused, unreadable; scalars: talos or hearth, whoever refuses
	where   string // a regular expression for the place
	detail  string // a part of what was said; "" for anything
	why     string
}

// hearth's result is that of the newest Talos.
var knownMerges = []known{
	{"1.13", "different", `^ResolverConfig\.searchDomains\.domains`, "", "1.13 appends search domains, 1.14 replaces them"},
	{"1.13", "taken", `^RoutingRuleConfig`, "not settable", "1.13 can merge no RoutingRuleConfig at all"},
	{"", "refused", `\[\]\.(holdTime|persistentKeepaliveInterval)$`, "which is no text", "Talos prints a duration anew, 1m0s of a 60s"},
	{"1.13", "refused", `\[\]|\*`, "refuses an element with nothing in it", "1.14 refuses elements that are null"},
}

// Rows of embed/tables/rules.c whose loss no spelling tells.
var knownRows = []known{
	{"", "rows", `interfaces\.vlans\.routes`, "", "an interface without a name is refused before"},
	{"", "rows", `allowedRoles`, "", "Talos asks only where the access is enabled, which is a second field"},
}

// What a spelling alone does not decide, or only a box can know.
var knownSpellings = []known{
	// other checks of hearth see to it: render/check_config.c, plan/config.c
	{"", "talos", `^v1alpha1\.machine\.(type|ca\.key|install\.disk)$`, "", "check_config.c and config.c judge it by the entry"},
	{"", "talos", `^v1alpha1\.cluster\.(id|secret|secretboxEncryptionSecret)$`, "", "check_config.c asks for it"},
	{"", "talos", `^(v1alpha1\.machine\.features\.hostDNS|ResolverConfig\.hostDNS)\.`, "hostDNS", "schema_check.c compares both halves"},
	{"", "talos", `^KubeSpanConfig\.enabled$`, "discovery", "schema_check.c asks beside a main document"},
	{"", "talos", `^HostnameConfig\.hostname$`, "'auto' and 'hostname'", "check_config.c, and the plan writes the hostname"},
	// fields that go together, where neither is wrong
	{"", "talos", `^BGPInstanceConfig\.vrf$`, "bfd", "BFD of another field excludes a VRF"},
	{"", "talos", `^ContainerConfig\.dependsOn\.containers`, "which is not configured", "names another document"},
	{"", "talos", `^ContainerConfig\.mounts`, "is required", "a second field of the mount is asked for"},
	{"", "talos", `^ContainerConfig\.image$`, "invalid image reference", "the grammar of image references"},
	{"", "talos", `^DHCPv[46]Config\.duidRaw$`, "clientIdentifier", "goes with clientIdentifier"},
	{"", "talos", `^ImageVerificationConfig\.rules\.\[\]\.(skip|deny)$`, "verifiers", "goes with no verifier"},
	{"", "talos", `^KubeNetworkConfig\.(nodeCIDRMaskSize|podSubnets|serviceSubnets)`, "", "the mask and the sizes of the subnets go together"},
	{"", "talos", `^OOMConfig\.`, "expression is invalid", "the names of its own environment"},
	{"", "talos", `\.encryption\.keys\.\[\]\.slot$`, "duplicate key slot", "two keys of one list"},
	{"", "talos", `\.keys\.\[\]\.slot$`, "encryption key", "a key of that slot is asked for, whatever the slot"},
	{"", "talos", `^v1alpha1\.machine\.network\.interfaces\.\[\]\.bond\.`, "bond.", "goes with the bond's mode, or with miimon"},
	{"", "talos", `\.(issuingCA|clientIdentity)\.cert$`, "is required", "a certificate and its key go together"},
	{"", "talos", `^ResolverConfig\.nameservers\.\[\]\.tlsServerName$`, "entry 0", "an address is asked for beside it"},
	{"", "talos", `^ResolverConfig\.nameservers\.\[\]\.tlsServerName$`, "protocol", "goes with protocol"},
	{"", "talos", `^RoutingRuleConfig\.(fwMask|table)$`, "", "goes with fwMark or action"},
	{"", "talos", `^TimeSyncConfig\.ntp\.servers`, "NTS", "an address is good without useNTS"},
	{"", "talos", `^UserVolumeConfig\.provisioning`, "required", "asked for by volumeType"},
	{"", "talos", `^v1alpha1\.machine\.network\.interfaces\.\[\]\.ignore$`, "", "a name is asked for unless the interface is ignored"},
	{"", "talos", `^VethConfig\.peer\.name$`, "peer name", "the grammar of link names"},
	{"", "talos", `^v1alpha1\.cluster\.apiServer\.authorizationConfig`, "must be set", "a second field of the authorizer is asked for"},
	// hearth is stricter, and says so
	{"", "hearth", `^(KubeExternalManifestConfig\.url|RegistryMirrorConfig\.endpoints\.\[\]\.url|SideroLinkConfig\.apiUrl)$`, "names no host",
		"a URL without a host reaches nothing"},
	{"", "hearth", `^LVMLogicalVolumeConfig\.provisioning\.minSize$`, "negative", "no size is below nothing"},
	{"", "hearth", `allowedRoles`, "none of", "Talos looks at the roles only when the access is enabled"},
	{"1.13", "hearth", ``, "is a date to Talos", "1.13 reads a plain date as text where it wants text"},
	{"1.13", "hearth", `^ResolverConfig\.nameservers\.\[\]\.address$`, "must be given", "1.14 refuses it"},
}

type ledger struct {
	version string
	rows    []known
	used    map[int]bool
}

func newLedger(version string, rows []known) *ledger {
	short := strings.Join(strings.SplitN(version, ".", 3)[:2], ".")
	return &ledger{short, rows, map[int]bool{}}
}

func (l *ledger) meant(class, where, detail string) bool {
	for i, row := range l.rows {
		if row.class == class && (row.version == "" || row.version == l.version) && regexp.MustCompile(row.where).MatchString(where) &&
			strings.Contains(detail, row.detail) {
			l.used[i] = true
			return true
		}
	}
	return false
}

// stale are the rows of this version that met nothing.
func (l *ledger) stale() (list []string) {
	for i, row := range l.rows {
		if !l.used[i] && row.version == l.version {
			list = append(list, fmt.Sprintf("the list says %q of %s (%s), and nothing meets it", row.why, row.where, row.class))
		}
	}
	return list
}

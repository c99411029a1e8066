/*
 * What Talos's config documents are made of. Written by tests/conformance/talos/walk from the types of Talos machinery
 * 1.13.9 and 1.14.1; `tests/conformance/run walk` says when it no longer is what the walk finds. schema.h has the
 * shapes.
 */
/* clang-format off */
#include "embed/tables/source.h"

/* Where each key begins in source_keys. */
enum {
    K_accepted = 0, K_acceptedCAs = 9, K_action = 21, K_adActorSysPrio = 28, K_adActorSystem = 43, K_adLACPActive = 57,
    K_adSelect = 70, K_adUserPortKey = 79, K_add = 93, K_address = 97, K_addresses = 105, K_adminKubeconfig = 115,
    K_admissionControl = 131, K_advertise = 148, K_advertiseKubernetesNetworks = 158, K_advertisedSubnets = 186,
    K_aescbcEncryptionSecret = 204, K_aggregatorCA = 227, K_aliases = 240, K_allSlavesActive = 248,
    K_allowDiscards = 264, K_allowDownPeerBypass = 278, K_allowSchedulingOnControlPlanes = 298,
    K_allowSchedulingOnMasters = 329, K_allowedIPs = 354, K_allowedKubernetesNamespaces = 365, K_allowedRoles = 393,
    K_annotations = 406, K_apiPort = 418, K_apiServer = 426, K_apiToken = 436, K_apiUrl = 445, K_apiVersion = 452,
    K_apidCheckExtKeyUsage = 463, K_args = 484, K_arpAllTargets = 489, K_arpIPTarget = 503, K_arpInterval = 515,
    K_arpIpTargets = 527, K_arpValidate = 540, K_audiences = 552, K_auditPolicy = 562, K_auth = 574,
    K_authorizationConfig = 579, K_auto = 599, K_backendExtraConfig = 604, K_backendMTU = 623, K_backendPort = 634,
    K_backendType = 646, K_baseRuntimeSpecOverrides = 658, K_bfd = 683, K_bgpInstance = 687, K_blockSize = 699,
    K_bond = 709, K_bondMode = 714, K_bootTimeout = 723, K_bootloader = 735, K_bridge = 746, K_bridgePort = 753,
    K_busPath = 764, K_ca = 772, K_capabilities = 775, K_cert = 788, K_certExtraSANs = 793, K_certLifetime = 807,
    K_certSANs = 820, K_certificate = 829, K_certificates = 841, K_cgroupRankingExpression = 854, K_channels = 878,
    K_checkSecurebootStatusOnEnroll = 887, K_cidr = 917, K_cipher = 922, K_clientIdentifier = 929,
    K_clientIdentity = 946, K_cluster = 961, K_clusterDNS = 969, K_clusterID = 980, K_clusterName = 990,
    K_clusterSecret = 1002, K_cni = 1016, K_combined = 1020, K_config = 1029, K_configFiles = 1036,
    K_configuration = 1048, K_containerID = 1062, K_containers = 1074, K_content = 1085, K_contents = 1093,
    K_controlPlane = 1102, K_controllerManager = 1115, K_coreDNS = 1133, K_cpu = 1141, K_cqe_size = 1145,
    K_credentialProviderConfig = 1154, K_crt = 1179, K_debug = 1183, K_defaultRuntimeSeccompProfileEnabled = 1189,
    K_deny = 1225, K_dependsOn = 1230, K_destination = 1240, K_destinations = 1252, K_detectMultiplier = 1265,
    K_device = 1282, K_deviceSelector = 1289, K_deviceSelectors = 1304, K_devices = 1320, K_dhcp = 1328,
    K_dhcpOptions = 1333, K_disableAccessTime = 1345, K_disableDefault = 1363, K_disableManifestsDirectory = 1378,
    K_disablePodSecurityPolicy = 1404, K_disableSearchDomain = 1429, K_disabled = 1449, K_discovery = 1458,
    K_disk = 1468, K_diskQuotaSupport = 1473, K_diskSelector = 1490, K_disks = 1503, K_dnsDomain = 1509,
    K_domains = 1519, K_downdelay = 1527, K_driver = 1537, K_drop = 1544, K_dst = 1549, K_duidRaw = 1553,
    K_duidv6 = 1561, K_dummy = 1568, K_enabled = 1574, K_encryption = 1582, K_endpoint = 1593, K_endpoints = 1602,
    K_entrypoint = 1612, K_env = 1623, K_environment = 1627, K_ephemeral = 1639, K_equinixMetal = 1649, K_etcd = 1662,
    K_except = 1667, K_excludeAdvertisedNetworks = 1674, K_extensions = 1700, K_externalCloudProvider = 1711,
    K_extraAnnouncedEndpoints = 1733, K_extraArgs = 1757, K_extraConfig = 1767, K_extraHostEntries = 1779,
    K_extraKernelArgs = 1796, K_extraManifestHeaders = 1812, K_extraManifests = 1833, K_extraMounts = 1848,
    K_extraTags = 1860, K_extraVolumes = 1870, K_failOverMac = 1883, K_failureThreshold = 1895, K_features = 1912,
    K_files = 1921, K_filesystem = 1927, K_filesystemType = 1938, K_filtering = 1953, K_filters = 1963,
    K_firewallMark = 1971, K_flannel = 1984, K_format = 1992, K_forwardKubeDNSToHost = 1999, K_fwMark = 2020,
    K_fwMask = 2027, K_gateway = 2034, K_gid = 2042, K_gidMappings = 2046, K_grow = 2058, K_grubUseUKICmdline = 2063,
    K_hardwareAddr = 2081, K_harvestExtraEndpoints = 2094, K_hcloud = 2116, K_headers = 2123, K_holdTime = 2131,
    K_hostDNS = 2140, K_hostID = 2148, K_hostPath = 2155, K_hostname = 2164, K_hostnames = 2173, K_id = 2183,
    K_identityToken = 2186, K_ignore = 2200, K_ignoreHostname = 2207, K_ignoreRoutes = 2222, K_iifName = 2235,
    K_image = 2243, K_imageCache = 2249, K_importRoutes = 2260, K_ingress = 2273, K_inlineManifests = 2281,
    K_insecureSkipVerify = 2297, K_install = 2316, K_installRoutes = 2324, K_installer = 2338, K_interface = 2348,
    K_interfaces = 2358, K_interval = 2369, K_ip = 2378, K_ipv4 = 2381, K_ipv6 = 2386, K_issuer = 2391,
    K_issuerURL = 2398, K_issuers = 2408, K_issuingCA = 2416, K_kernel = 2426, K_key = 2433, K_keySize = 2437,
    K_keyless = 2445, K_keys = 2453, K_kind = 2458, K_kms = 2463, K_kubeNetworkPoliciesEnabled = 2467,
    K_kubePrism = 2494, K_kubelet = 2504, K_kubernetes = 2512, K_kubernetesTalosAPIAccess = 2523, K_kubespan = 2548,
    K_labels = 2557, K_lacpRate = 2564, K_legacyBIOSSupport = 2573, K_level = 2591, K_limits = 2597, K_link = 2604,
    K_links = 2609, K_listenPort = 2615, K_listenSubnets = 2626, K_local = 2640, K_localAPIServerPort = 2646,
    K_localASN = 2665, K_localEnabled = 2674, K_lockToState = 2687, K_logging = 2699, K_lpInterval = 2707,
    K_machine = 2718, K_machinedAccess = 2726, K_manifest = 2741, K_manifests = 2750, K_master = 2760, K_match = 2767,
    K_maxPaths = 2773, K_maxPoolPercent = 2782, K_maxSize = 2797, K_memory = 2805, K_metadata = 2812, K_metric = 2821,
    K_miimon = 2828, K_minAllocationGroupSize = 2835, K_minLinks = 2858, K_minSize = 2867, K_mirrors = 2875,
    K_missedMax = 2883, K_modalias = 2893, K_mode = 2902, K_model = 2907, K_modules = 2913, K_mount = 2921,
    K_mountPath = 2927, K_mountpoint = 2937, K_mounts = 2948, K_mtu = 2955, K_multicast = 2959, K_multipath = 2969,
    K_name = 2979, K_nameservers = 2984, K_neighbors = 2996, K_network = 3006, K_networks = 3014,
    K_nodeAddressSortAlgorithm = 3023, K_nodeAnnotations = 3048, K_nodeCIDRMaskSizeIPv4 = 3064,
    K_nodeCIDRMaskSizeIPv6 = 3085, K_nodeID = 3106, K_nodeIP = 3113, K_nodeLabels = 3120, K_nodeTaints = 3131,
    K_nsIp6Targets = 3142, K_ntp = 3155, K_numPeerNotif = 3159, K_oifName = 3172, K_op = 3180, K_options = 3183,
    K_other = 3191, K_overridePath = 3197, K_overrides = 3210, K_packetsPerSlave = 3220, K_parameters = 3236,
    K_params = 3247, K_parent = 3254, K_partitions = 3261, K_passive = 3272, K_passphrase = 3280, K_password = 3291,
    K_path = 3300, K_paths = 3305, K_pciID = 3311, K_pcrs = 3317, K_peer = 3322, K_peerASN = 3327,
    K_peerNotifDelay = 3335, K_peerNotifyDelay = 3350, K_peers = 3366, K_permanentAddr = 3372, K_permissions = 3386,
    K_persist = 3398, K_persistentKeepaliveInterval = 3406, K_physical = 3434, K_pod = 3443, K_podSubnets = 3447,
    K_pods = 3458, K_port = 3463, K_portSelector = 3468, K_ports = 3481, K_prefixes = 3487, K_presharedKey = 3496,
    K_primary = 3509, K_primaryReselect = 3517, K_privateKey = 3533, K_profile = 3544, K_projectQuotaSupport = 3552,
    K_protocol = 3572, K_provider = 3581, K_provisioning = 3590, K_proxy = 3603, K_ptp = 3609, K_publicKey = 3613,
    K_publicKeys = 3623, K_rbac = 3634, K_readOnly = 3639, K_readonly = 3648, K_reboot = 3657, K_receiveInterval = 3664,
    K_registerWithFQDN = 3680, K_registries = 3697, K_requests = 3708, K_resendIGMP = 3717, K_resendIgmp = 3728,
    K_resolveMemberNames = 3739, K_resources = 3758, K_rings = 3768, K_routeMetric = 3774, K_routePriority = 3786,
    K_routeSource = 3800, K_routerID = 3812, K_routes = 3821, K_rules = 3828, K_runAs = 3834, K_rx = 3840,
    K_rx_buf_len = 3843, K_rx_jumbo = 3854, K_rx_mini = 3863, K_rx_push = 3871, K_sampleInterval = 3879,
    K_scheduler = 3894, K_scrub = 3904, K_searchDomains = 3910, K_seccompProfiles = 3924, K_secret = 3940,
    K_secretboxEncryptionSecret = 3947, K_secure = 3973, K_security = 3980, K_selector = 3989, K_serial = 3998,
    K_servers = 4005, K_service = 4013, K_serviceAccount = 4021, K_serviceSubnets = 4036, K_shrinkerEnabled = 4051,
    K_size = 4067, K_skip = 4072, K_skipFallback = 4077, K_skipNodeRegistration = 4090, K_slot = 4111, K_source = 4116,
    K_src = 4123, K_stableHostname = 4127, K_startupProbes = 4142, K_state = 4156, K_static = 4162, K_stp = 4169,
    K_strictCgroupClassOrdering = 4173, K_stripes = 4199, K_subject = 4207, K_subjectRegex = 4215, K_subnet = 4228,
    K_sysctls = 4235, K_sysfs = 4243, K_systemDiskEncryption = 4249, K_table = 4270, K_tag = 4276, K_taints = 4280,
    K_targetDriver = 4287, K_tcp_data_split = 4300, K_time = 4315, K_timeout = 4320, K_tlbDynamicLb = 4328,
    K_tlbLogicalLb = 4341, K_tls = 4354, K_tlsServerName = 4358, K_tmpfs = 4372, K_token = 4378, K_tpm = 4384,
    K_transmitInterval = 4388, K_triggerExpression = 4405, K_trim = 4423, K_tx = 4428, K_tx_push = 4431,
    K_tx_push_buf_len = 4439, K_type = 4455, K_udev = 4460, K_uid = 4465, K_uidMappings = 4469, K_uniqueToken = 4481,
    K_up = 4493, K_updelay = 4496, K_url = 4504, K_urls = 4508, K_useCarrier = 4513, K_useNTS = 4524,
    K_userVolume = 4531, K_username = 4542, K_uuid = 4551, K_validSubnets = 4556, K_value = 4569, K_variables = 4575,
    K_version = 4585, K_vip = 4593, K_virtiofs = 4597, K_vlan = 4606, K_vlanFiltering = 4611, K_vlanID = 4625,
    K_vlanId = 4632, K_vlanMode = 4639, K_vlans = 4648, K_volumeGroup = 4654, K_volumeSelector = 4666,
    K_volumeType = 4681, K_vrf = 4692, K_wakeOnLan = 4696, K_webhook = 4706, K_wipe = 4714, K_wireguard = 4719,
    K_workingDir = 4729, K_workloadIsolation = 4740, K_wwid = 4758, K_xfs = 4763, K_xmitHashPolicy = 4767,
};

const char source_keys[] =
    "accepted\0" "acceptedCAs\0" "action\0" "adActorSysPrio\0" "adActorSystem\0" "adLACPActive\0" "adSelect\0"
    "adUserPortKey\0" "add\0" "address\0" "addresses\0" "adminKubeconfig\0" "admissionControl\0" "advertise\0"
    "advertiseKubernetesNetworks\0" "advertisedSubnets\0" "aescbcEncryptionSecret\0" "aggregatorCA\0" "aliases\0"
    "allSlavesActive\0" "allowDiscards\0" "allowDownPeerBypass\0" "allowSchedulingOnControlPlanes\0"
    "allowSchedulingOnMasters\0" "allowedIPs\0" "allowedKubernetesNamespaces\0" "allowedRoles\0" "annotations\0"
    "apiPort\0" "apiServer\0" "apiToken\0" "apiUrl\0" "apiVersion\0" "apidCheckExtKeyUsage\0" "args\0" "arpAllTargets\0"
    "arpIPTarget\0" "arpInterval\0" "arpIpTargets\0" "arpValidate\0" "audiences\0" "auditPolicy\0" "auth\0"
    "authorizationConfig\0" "auto\0" "backendExtraConfig\0" "backendMTU\0" "backendPort\0" "backendType\0"
    "baseRuntimeSpecOverrides\0" "bfd\0" "bgpInstance\0" "blockSize\0" "bond\0" "bondMode\0" "bootTimeout\0"
    "bootloader\0" "bridge\0" "bridgePort\0" "busPath\0" "ca\0" "capabilities\0" "cert\0" "certExtraSANs\0"
    "certLifetime\0" "certSANs\0" "certificate\0" "certificates\0" "cgroupRankingExpression\0" "channels\0"
    "checkSecurebootStatusOnEnroll\0" "cidr\0" "cipher\0" "clientIdentifier\0" "clientIdentity\0" "cluster\0"
    "clusterDNS\0" "clusterID\0" "clusterName\0" "clusterSecret\0" "cni\0" "combined\0" "config\0" "configFiles\0"
    "configuration\0" "containerID\0" "containers\0" "content\0" "contents\0" "controlPlane\0" "controllerManager\0"
    "coreDNS\0" "cpu\0" "cqe-size\0" "credentialProviderConfig\0" "crt\0" "debug\0"
    "defaultRuntimeSeccompProfileEnabled\0" "deny\0" "dependsOn\0" "destination\0" "destinations\0" "detectMultiplier\0"
    "device\0" "deviceSelector\0" "deviceSelectors\0" "devices\0" "dhcp\0" "dhcpOptions\0" "disableAccessTime\0"
    "disableDefault\0" "disableManifestsDirectory\0" "disablePodSecurityPolicy\0" "disableSearchDomain\0" "disabled\0"
    "discovery\0" "disk\0" "diskQuotaSupport\0" "diskSelector\0" "disks\0" "dnsDomain\0" "domains\0" "downdelay\0"
    "driver\0" "drop\0" "dst\0" "duidRaw\0" "duidv6\0" "dummy\0" "enabled\0" "encryption\0" "endpoint\0" "endpoints\0"
    "entrypoint\0" "env\0" "environment\0" "ephemeral\0" "equinixMetal\0" "etcd\0" "except\0"
    "excludeAdvertisedNetworks\0" "extensions\0" "externalCloudProvider\0" "extraAnnouncedEndpoints\0" "extraArgs\0"
    "extraConfig\0" "extraHostEntries\0" "extraKernelArgs\0" "extraManifestHeaders\0" "extraManifests\0" "extraMounts\0"
    "extraTags\0" "extraVolumes\0" "failOverMac\0" "failureThreshold\0" "features\0" "files\0" "filesystem\0"
    "filesystemType\0" "filtering\0" "filters\0" "firewallMark\0" "flannel\0" "format\0" "forwardKubeDNSToHost\0"
    "fwMark\0" "fwMask\0" "gateway\0" "gid\0" "gidMappings\0" "grow\0" "grubUseUKICmdline\0" "hardwareAddr\0"
    "harvestExtraEndpoints\0" "hcloud\0" "headers\0" "holdTime\0" "hostDNS\0" "hostID\0" "hostPath\0" "hostname\0"
    "hostnames\0" "id\0" "identityToken\0" "ignore\0" "ignoreHostname\0" "ignoreRoutes\0" "iifName\0" "image\0"
    "imageCache\0" "importRoutes\0" "ingress\0" "inlineManifests\0" "insecureSkipVerify\0" "install\0" "installRoutes\0"
    "installer\0" "interface\0" "interfaces\0" "interval\0" "ip\0" "ipv4\0" "ipv6\0" "issuer\0" "issuerURL\0"
    "issuers\0" "issuingCA\0" "kernel\0" "key\0" "keySize\0" "keyless\0" "keys\0" "kind\0" "kms\0"
    "kubeNetworkPoliciesEnabled\0" "kubePrism\0" "kubelet\0" "kubernetes\0" "kubernetesTalosAPIAccess\0" "kubespan\0"
    "labels\0" "lacpRate\0" "legacyBIOSSupport\0" "level\0" "limits\0" "link\0" "links\0" "listenPort\0"
    "listenSubnets\0" "local\0" "localAPIServerPort\0" "localASN\0" "localEnabled\0" "lockToState\0" "logging\0"
    "lpInterval\0" "machine\0" "machinedAccess\0" "manifest\0" "manifests\0" "master\0" "match\0" "maxPaths\0"
    "maxPoolPercent\0" "maxSize\0" "memory\0" "metadata\0" "metric\0" "miimon\0" "minAllocationGroupSize\0" "minLinks\0"
    "minSize\0" "mirrors\0" "missedMax\0" "modalias\0" "mode\0" "model\0" "modules\0" "mount\0" "mountPath\0"
    "mountpoint\0" "mounts\0" "mtu\0" "multicast\0" "multipath\0" "name\0" "nameservers\0" "neighbors\0" "network\0"
    "networks\0" "nodeAddressSortAlgorithm\0" "nodeAnnotations\0" "nodeCIDRMaskSizeIPv4\0" "nodeCIDRMaskSizeIPv6\0"
    "nodeID\0" "nodeIP\0" "nodeLabels\0" "nodeTaints\0" "nsIp6Targets\0" "ntp\0" "numPeerNotif\0" "oifName\0" "op\0"
    "options\0" "other\0" "overridePath\0" "overrides\0" "packetsPerSlave\0" "parameters\0" "params\0" "parent\0"
    "partitions\0" "passive\0" "passphrase\0" "password\0" "path\0" "paths\0" "pciID\0" "pcrs\0" "peer\0" "peerASN\0"
    "peerNotifDelay\0" "peerNotifyDelay\0" "peers\0" "permanentAddr\0" "permissions\0" "persist\0"
    "persistentKeepaliveInterval\0" "physical\0" "pod\0" "podSubnets\0" "pods\0" "port\0" "portSelector\0" "ports\0"
    "prefixes\0" "presharedKey\0" "primary\0" "primaryReselect\0" "privateKey\0" "profile\0" "projectQuotaSupport\0"
    "protocol\0" "provider\0" "provisioning\0" "proxy\0" "ptp\0" "publicKey\0" "publicKeys\0" "rbac\0" "readOnly\0"
    "readonly\0" "reboot\0" "receiveInterval\0" "registerWithFQDN\0" "registries\0" "requests\0" "resendIGMP\0"
    "resendIgmp\0" "resolveMemberNames\0" "resources\0" "rings\0" "routeMetric\0" "routePriority\0" "routeSource\0"
    "routerID\0" "routes\0" "rules\0" "runAs\0" "rx\0" "rx-buf-len\0" "rx-jumbo\0" "rx-mini\0" "rx-push\0"
    "sampleInterval\0" "scheduler\0" "scrub\0" "searchDomains\0" "seccompProfiles\0" "secret\0"
    "secretboxEncryptionSecret\0" "secure\0" "security\0" "selector\0" "serial\0" "servers\0" "service\0"
    "serviceAccount\0" "serviceSubnets\0" "shrinkerEnabled\0" "size\0" "skip\0" "skipFallback\0"
    "skipNodeRegistration\0" "slot\0" "source\0" "src\0" "stableHostname\0" "startupProbes\0" "state\0" "static\0"
    "stp\0" "strictCgroupClassOrdering\0" "stripes\0" "subject\0" "subjectRegex\0" "subnet\0" "sysctls\0" "sysfs\0"
    "systemDiskEncryption\0" "table\0" "tag\0" "taints\0" "targetDriver\0" "tcp-data-split\0" "time\0" "timeout\0"
    "tlbDynamicLb\0" "tlbLogicalLb\0" "tls\0" "tlsServerName\0" "tmpfs\0" "token\0" "tpm\0" "transmitInterval\0"
    "triggerExpression\0" "trim\0" "tx\0" "tx-push\0" "tx-push-buf-len\0" "type\0" "udev\0" "uid\0" "uidMappings\0"
    "uniqueToken\0" "up\0" "updelay\0" "url\0" "urls\0" "useCarrier\0" "useNTS\0" "userVolume\0" "username\0" "uuid\0"
    "validSubnets\0" "value\0" "variables\0" "version\0" "vip\0" "virtiofs\0" "vlan\0" "vlanFiltering\0" "vlanID\0"
    "vlanId\0" "vlanMode\0" "vlans\0" "volumeGroup\0" "volumeSelector\0" "volumeType\0" "vrf\0" "wakeOnLan\0"
    "webhook\0" "wipe\0" "wireguard\0" "workingDir\0" "workloadIsolation\0" "wwid\0" "xfs\0" "xmitHashPolicy\0"
    ;

enum {
    T_network_BGPInstanceConfigV1Alpha1, T_string, T_uint32, T_meta_Addr, T_list_of_string, T_bool, T_uint8,
    T_list_of_network_BGPImportRoute, T_network_BGPImportRoute, T_list_of_meta_Prefix, T_meta_Prefix,
    T_list_of_network_BGPNeighborConfig, T_network_BGPNeighborConfig, T_time_Duration, T_network_BGPBFDConfig,
    T_network_BlackholeRouteConfigV1Alpha1, T_network_BondConfigV1Alpha1, T_nethelpers_HardwareAddr,
    T_nethelpers_BondMode, T_nethelpers_BondXmitHashPolicy, T_list_of_netip_Addr, T_netip_Addr,
    T_nethelpers_ARPValidate, T_nethelpers_ARPAllTargets, T_nethelpers_LACPRate, T_nethelpers_FailOverMAC,
    T_nethelpers_ADSelect, T_uint16, T_nethelpers_ADLACPActive, T_nethelpers_PrimaryReselect,
    T_list_of_network_AddressConfig, T_network_AddressConfig, T_netip_Prefix, T_list_of_network_RouteConfig,
    T_network_RouteConfig, T_nethelpers_RoutingTable, T_network_BridgeConfigV1Alpha1, T_network_BridgeSTPConfig,
    T_network_BridgeVLANConfig, T_cri_CRIBaseRuntimeSpecConfigV1Alpha1, T_meta_Unstructured, T_interface,
    T_cri_CRICustomizationConfigV1Alpha1, T_container_ContainerConfigV1Alpha1, T_container_ContainerRunAs, T_int32,
    T_list_of_container_ContainerMount, T_container_ContainerMount, T_container_UserVolumeMount, T_container_TmpfsMount,
    T_container_HostPathMount, T_container_ContainerSecurity, T_container_ContainerCapabilities,
    T_container_ContainerNetwork, T_container_ContainerResources, T_container_ContainerResourceLimits,
    T_container_ContainerDependsOn, T_network_DHCPv4ConfigV1Alpha1, T_nethelpers_ClientIdentifier,
    T_network_DHCPv6ConfigV1Alpha1, T_cluster_DiscoveryIdentityConfigV1Alpha1, T_cluster_DiscoveryServiceConfigV1Alpha1,
    T_meta_URL, T_network_DummyLinkConfigV1Alpha1, T_runtime_EnvironmentV1Alpha1, T_map_of_string,
    T_runtime_EtcFileConfigV1Alpha1, T_runtime_EtcFileMode, T_network_EthernetConfigV1Alpha1, T_map_of_bool,
    T_network_EthernetRingsConfig, T_network_EthernetChannelsConfig, T_list_of_nethelpers_WOLMode, T_nethelpers_WOLMode,
    T_runtime_EventSinkV1Alpha1, T_block_ExistingVolumeConfigV1Alpha1, T_block_VolumeDiscoverySpec,
    T_block_VolumeSelector, T_cel_Expression, T_block_ExistingMountSpec, T_block_TrimConfig, T_block_ScrubConfig,
    T_extensions_ServiceConfigV1Alpha1, T_extensions_ConfigFileList, T_extensions_ConfigFile,
    T_block_ExternalVolumeConfigV1Alpha1, T_block_FilesystemType, T_block_ExternalMountSpec, T_block_VirtiofsMountSpec,
    T_block_FilesystemScrubConfigV1Alpha1, T_block_FilesystemTrimConfigV1Alpha1, T_network_HCloudVIPConfigV1Alpha1,
    T_network_HTTPProbeConfigV1Alpha1, T_int, T_network_HostnameConfigV1Alpha1, T_nethelpers_AutoHostnameKind,
    T_cri_ImageCacheConfigV1Alpha1, T_cri_LocalImageCacheConfig, T_security_ImageVerificationConfigV1Alpha1,
    T_security_ImageVerificationRules, T_security_ImageVerificationRuleV1Alpha1,
    T_security_ImageKeylessVerifierV1Alpha1, T_security_ImagePublicKeyVerifierV1Alpha1,
    T_runtime_KernelModuleConfigV1Alpha1, T_runtime_KmsgLogV1Alpha1, T_k8s_KubeAPIServerCAConfigV1Alpha1,
    T_meta_CertificateAndKey, T_k8s_KubeAPIServerConfigV1Alpha1, T_meta_Args, T_meta_ArgValue, T_k8s_ResourcesConfig,
    T_k8s_KubeAdmissionControlConfigV1Alpha1, T_k8s_KubeAggregatorCAConfigV1Alpha1, T_k8s_KubeAuditPolicyConfigV1Alpha1,
    T_k8s_KubeAuthenticationConfigV1Alpha1, T_k8s_KubeAuthorizerConfigV1Alpha1, T_k8s_KubeClusterConfigV1Alpha1,
    T_k8s_KubeControllerManagerConfigV1Alpha1, T_k8s_KubeCoreDNSConfigV1Alpha1,
    T_k8s_KubeCredentialProviderConfigV1Alpha1, T_k8s_KubeEtcdEncryptionConfigV1Alpha1,
    T_k8s_KubeExternalManifestConfigV1Alpha1, T_k8s_KubeFlannelCNIConfigV1Alpha1,
    T_k8s_KubeInlineManifestConfigV1Alpha1, T_k8s_KubeNetworkConfigV1Alpha1, T_k8s_KubeNodeConfigV1Alpha1,
    T_k8s_NodeIPConfig, T_k8s_KubePrismConfigV1Alpha1, T_k8s_KubeProxyConfigV1Alpha1, T_k8s_KubeSchedulerConfigV1Alpha1,
    T_k8s_KubeServiceAccountConfigV1Alpha1, T_k8s_IssuerServiceAccountConfig, T_k8s_AcceptedServiceAccountConfig,
    T_list_of_meta_URL, T_network_KubeSpanConfigV1Alpha1, T_network_KubeSpanFiltersConfig,
    T_network_KubespanEndpointsConfigV1Alpha1, T_list_of_netip_AddrPort, T_netip_AddrPort,
    T_k8s_KubeStaticPodConfigV1Alpha1, T_k8s_KubeTalosAPIAccessConfigV1Alpha1, T_k8s_KubeletConfigV1Alpha1,
    T_storage_LVMLogicalVolumeConfigV1Alpha1, T_storage_LVMLogicalVolumeType,
    T_storage_LVMLogicalVolumeProvisioningSpec, T_block_ByteSize, T_block_Size, T_storage_LVMVolumeGroupConfigV1Alpha1,
    T_storage_ProvisioningSpec, T_storage_LVMVolumeSelectorSpec, T_network_Layer2VIPConfigV1Alpha1,
    T_network_LinkAliasConfigV1Alpha1, T_network_LinkSelector, T_network_LinkConfigV1Alpha1,
    T_network_DefaultActionConfigV1Alpha1, T_nethelpers_DefaultAction, T_network_RuleConfigV1Alpha1,
    T_network_RulePortSelector, T_network_PortRanges, T_network_PortRange, T_nethelpers_Protocol,
    T_network_IngressConfig, T_network_IngressRule, T_runtime_OOMV1Alpha1, T_hardware_PCIDriverRebindConfigV1Alpha1,
    T_storage_RAIDArrayConfigV1Alpha1, T_storage_MDLevel, T_storage_MDMetadata, T_storage_RAIDProvisioningSpec,
    T_storage_RAIDVolumeSelector, T_block_RawVolumeConfigV1Alpha1, T_block_ProvisioningSpec, T_block_DiskSelector,
    T_block_EncryptionSpec, T_block_EncryptionProviderType, T_list_of_block_EncryptionKey, T_block_EncryptionKey,
    T_block_EncryptionKeyStatic, T_block_EncryptionKeyNodeID, T_block_EncryptionKeyKMS, T_block_EncryptionKeyTPM,
    T_block_EncryptionKeyTPMOptions, T_list_of_int, T_uint, T_cri_RegistryAuthConfigV1Alpha1,
    T_cri_RegistryMirrorConfigV1Alpha1, T_list_of_cri_RegistryEndpoint, T_cri_RegistryEndpoint,
    T_cri_RegistryTLSConfigV1Alpha1, T_meta_CertificateAndKey_2, T_network_ResolverConfigV1Alpha1,
    T_list_of_network_NameserverConfig, T_network_NameserverConfig, T_nethelpers_DNSProtocol,
    T_network_SearchDomainsConfig, T_network_HostDNSConfig, T_network_RoutingRuleConfigV1Alpha1,
    T_nethelpers_RoutingRuleAction, T_runtime_SecurityProfileConfigV1Alpha1, T_siderolink_ConfigV1Alpha1,
    T_network_StaticHostConfigV1Alpha1, T_block_SwapVolumeConfigV1Alpha1, T_runtime_SysctlConfigV1Alpha1,
    T_runtime_SysfsConfigV1Alpha1, T_network_TCPProbeConfigV1Alpha1, T_network_TimeSyncConfigV1Alpha1,
    T_network_NTPConfig, T_network_PTPConfig, T_security_TrustedRootsConfigV1Alpha1, T_runtime_UdevRulesConfigV1Alpha1,
    T_runtime_UnattendedInstallConfigV1Alpha1, T_runtime_InstallerSpec, T_runtime_ProvisioningSpec,
    T_runtime_DiskSelectorSpec, T_block_UserVolumeConfigV1Alpha1, T_block_VolumeType, T_block_FilesystemSpec,
    T_block_XFSSpec, T_block_UserMountSpec, T_network_VLANConfigV1Alpha1, T_nethelpers_VLANProtocol,
    T_network_VRFConfigV1Alpha1, T_network_VethConfigV1Alpha1, T_network_VethPeerConfig,
    T_list_of_network_AddressConfig_2, T_network_AddressConfig_2, T_list_of_network_RouteConfig_2,
    T_network_RouteConfig_2, T_block_VolumeConfigV1Alpha1, T_block_SystemVolumeFilesystemSpec, T_block_MountSpec,
    T_runtime_WatchdogTimerV1Alpha1, T_network_WireguardConfigV1Alpha1, T_list_of_network_WireguardPeer,
    T_network_WireguardPeer, T_meta_AddrPort, T_block_ZswapConfigV1Alpha1, T_v1alpha1_Config, T_v1alpha1_MachineConfig,
    T_x509_PEMEncodedCertificateAndKey, T_v1alpha1_Base64Bytes, T_list_of_x509_PEMEncodedCertificate,
    T_x509_PEMEncodedCertificate, T_v1alpha1_MachineControlPlaneConfig, T_v1alpha1_MachineControllerManagerConfig,
    T_v1alpha1_MachineSchedulerConfig, T_v1alpha1_KubeletConfig, T_list_of_v1alpha1_ExtraMount, T_v1alpha1_ExtraMount,
    T_list_of_v1alpha1_LinuxIDMapping, T_v1alpha1_LinuxIDMapping, T_v1alpha1_KubeletNodeIPConfig,
    T_list_of_meta_Unstructured, T_v1alpha1_NetworkConfig, T_v1alpha1_NetworkDeviceList, T_v1alpha1_Device,
    T_v1alpha1_NetworkDeviceSelector, T_list_of_v1alpha1_Route, T_v1alpha1_Route, T_v1alpha1_Bond,
    T_list_of_v1alpha1_NetworkDeviceSelector, T_v1alpha1_Bridge, T_v1alpha1_STP, T_v1alpha1_BridgeVLAN,
    T_v1alpha1_BridgePort, T_v1alpha1_VlanList, T_v1alpha1_Vlan, T_v1alpha1_DeviceVIPConfig,
    T_v1alpha1_VIPEquinixMetalConfig, T_v1alpha1_VIPHCloudConfig, T_v1alpha1_DHCPOptions,
    T_v1alpha1_DeviceWireguardConfig, T_list_of_v1alpha1_DeviceWireguardPeer, T_v1alpha1_DeviceWireguardPeer,
    T_list_of_v1alpha1_ExtraHost, T_v1alpha1_ExtraHost, T_v1alpha1_NetworkKubeSpan, T_v1alpha1_KubeSpanFilters,
    T_list_of_v1alpha1_MachineDisk, T_v1alpha1_MachineDisk, T_list_of_v1alpha1_DiskPartition, T_v1alpha1_DiskPartition,
    T_v1alpha1_DiskSize, T_v1alpha1_InstallConfig, T_v1alpha1_InstallDiskSelector, T_v1alpha1_InstallDiskSizeMatcher,
    T_list_of_v1alpha1_InstallExtensionConfig, T_v1alpha1_InstallExtensionConfig, T_list_of_v1alpha1_MachineFile,
    T_v1alpha1_MachineFile, T_v1alpha1_TimeConfig, T_v1alpha1_RegistriesConfig, T_map_of_v1alpha1_RegistryMirrorConfig,
    T_v1alpha1_RegistryMirrorConfig, T_map_of_v1alpha1_RegistryConfig, T_v1alpha1_RegistryConfig,
    T_v1alpha1_RegistryTLSConfig, T_v1alpha1_RegistryAuthConfig, T_v1alpha1_SystemDiskEncryptionConfig,
    T_v1alpha1_EncryptionConfig, T_list_of_v1alpha1_EncryptionKey, T_v1alpha1_EncryptionKey,
    T_v1alpha1_EncryptionKeyStatic, T_v1alpha1_EncryptionKeyNodeID, T_v1alpha1_EncryptionKeyKMS,
    T_v1alpha1_EncryptionKeyTPM, T_v1alpha1_FeaturesConfig, T_v1alpha1_KubernetesTalosAPIAccessConfig,
    T_v1alpha1_KubePrism, T_v1alpha1_HostDNSConfig, T_v1alpha1_ImageCacheConfig, T_v1alpha1_UdevConfig,
    T_v1alpha1_LoggingConfig, T_list_of_v1alpha1_LoggingDestination, T_v1alpha1_LoggingDestination,
    T_v1alpha1_KernelConfig, T_list_of_v1alpha1_KernelModuleConfig, T_v1alpha1_KernelModuleConfig,
    T_list_of_v1alpha1_MachineSeccompProfile, T_v1alpha1_MachineSeccompProfile, T_v1alpha1_ClusterConfig,
    T_v1alpha1_ControlPlaneConfig, T_v1alpha1_ClusterNetworkConfig, T_v1alpha1_CNIConfig, T_v1alpha1_FlannelCNIConfig,
    T_x509_PEMEncodedKey, T_v1alpha1_APIServerConfig, T_list_of_v1alpha1_VolumeMountConfig,
    T_v1alpha1_VolumeMountConfig, T_v1alpha1_AdmissionPluginConfigList, T_v1alpha1_AdmissionPluginConfig,
    T_v1alpha1_ResourcesConfig, T_v1alpha1_AuthorizationConfigAuthorizerConfigList,
    T_v1alpha1_AuthorizationConfigAuthorizerConfig, T_v1alpha1_ControllerManagerConfig, T_v1alpha1_ProxyConfig,
    T_v1alpha1_SchedulerConfig, T_v1alpha1_ClusterDiscoveryConfig, T_v1alpha1_DiscoveryRegistriesConfig,
    T_v1alpha1_RegistryKubernetesConfig, T_v1alpha1_RegistryServiceConfig, T_v1alpha1_EtcdConfig, T_v1alpha1_CoreDNS,
    T_v1alpha1_ExternalCloudProviderConfig, T_v1alpha1_ClusterInlineManifests, T_v1alpha1_ClusterInlineManifest,
    T_v1alpha1_AdminKubeconfigConfig,
};

/* One struct behind the other, in the order of the types. */
const struct schema_field source_fields[] = {
    /* network.BGPInstanceConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_vrf, T_string, SCHEMA_NEW}, {K_localASN, T_uint32, SCHEMA_NEW}, {K_routerID, T_meta_Addr, SCHEMA_NEW},
    {K_routeSource, T_meta_Addr, SCHEMA_NEW}, {K_advertise, T_list_of_string, SCHEMA_REPLACE | SCHEMA_NEW},
    {K_multipath, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_maxPaths, T_uint8, SCHEMA_NEW},
    {K_installRoutes, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    {K_importRoutes, T_list_of_network_BGPImportRoute, SCHEMA_REPLACE | SCHEMA_NEW},
    {K_neighbors, T_list_of_network_BGPNeighborConfig, SCHEMA_REPLACE | SCHEMA_NEW},
    /* network.BGPImportRoute */
    {K_bgpInstance, T_string, SCHEMA_NEW}, {K_prefixes, T_list_of_meta_Prefix, SCHEMA_NEW},
    /* network.BGPNeighborConfig */
    {K_address, T_meta_Addr, SCHEMA_NEW}, {K_link, T_string, SCHEMA_NEW}, {K_peerASN, T_uint32, SCHEMA_NEW},
    {K_localASN, T_uint32, SCHEMA_NEW}, {K_passive, T_bool, SCHEMA_NEW}, {K_holdTime, T_time_Duration, SCHEMA_NEW},
    {K_bfd, T_network_BGPBFDConfig, SCHEMA_POINTER | SCHEMA_NEW},
    /* network.BGPBFDConfig */
    {K_transmitInterval, T_time_Duration, SCHEMA_NEW}, {K_receiveInterval, T_time_Duration, SCHEMA_NEW},
    {K_detectMultiplier, T_uint8, SCHEMA_NEW},
    /* network.BlackholeRouteConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_metric, T_uint32, 0},
    /* network.BondConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_hardwareAddr, T_nethelpers_HardwareAddr, 0}, {K_links, T_list_of_string, 0},
    {K_bondMode, T_nethelpers_BondMode, SCHEMA_POINTER}, {K_miimon, T_uint32, SCHEMA_POINTER},
    {K_updelay, T_uint32, SCHEMA_POINTER}, {K_downdelay, T_uint32, SCHEMA_POINTER},
    {K_useCarrier, T_bool, SCHEMA_POINTER}, {K_xmitHashPolicy, T_nethelpers_BondXmitHashPolicy, SCHEMA_POINTER},
    {K_arpInterval, T_uint32, SCHEMA_POINTER}, {K_arpIpTargets, T_list_of_netip_Addr, 0},
    {K_nsIp6Targets, T_list_of_netip_Addr, 0}, {K_arpValidate, T_nethelpers_ARPValidate, SCHEMA_POINTER},
    {K_arpAllTargets, T_nethelpers_ARPAllTargets, SCHEMA_POINTER}, {K_lacpRate, T_nethelpers_LACPRate, SCHEMA_POINTER},
    {K_failOverMac, T_nethelpers_FailOverMAC, SCHEMA_POINTER}, {K_adSelect, T_nethelpers_ADSelect, SCHEMA_POINTER},
    {K_adActorSysPrio, T_uint16, SCHEMA_POINTER}, {K_adUserPortKey, T_uint16, SCHEMA_POINTER},
    {K_adLACPActive, T_nethelpers_ADLACPActive, SCHEMA_POINTER},
    {K_primaryReselect, T_nethelpers_PrimaryReselect, SCHEMA_POINTER}, {K_resendIGMP, T_uint32, SCHEMA_POINTER},
    {K_minLinks, T_uint32, SCHEMA_POINTER}, {K_lpInterval, T_uint32, SCHEMA_POINTER},
    {K_packetsPerSlave, T_uint32, SCHEMA_POINTER}, {K_numPeerNotif, T_uint8, SCHEMA_POINTER},
    {K_tlbLogicalLb, T_uint8, SCHEMA_POINTER}, {K_allSlavesActive, T_uint8, SCHEMA_POINTER},
    {K_peerNotifDelay, T_uint32, SCHEMA_POINTER}, {K_missedMax, T_uint8, SCHEMA_POINTER},
    {K_up, T_bool, SCHEMA_POINTER}, {K_mtu, T_uint32, 0}, {K_addresses, T_list_of_network_AddressConfig, 0},
    {K_routes, T_list_of_network_RouteConfig, 0}, {K_multicast, T_bool, SCHEMA_POINTER},
    /* network.AddressConfig */
    {K_address, T_netip_Prefix, 0}, {K_routePriority, T_uint32, SCHEMA_POINTER},
    /* network.RouteConfig */
    {K_destination, T_meta_Prefix, 0}, {K_gateway, T_meta_Addr, 0}, {K_source, T_meta_Addr, 0}, {K_metric, T_uint32, 0},
    {K_mtu, T_uint32, 0}, {K_table, T_nethelpers_RoutingTable, 0},
    /* network.BridgeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_hardwareAddr, T_nethelpers_HardwareAddr, 0}, {K_links, T_list_of_string, 0},
    {K_stp, T_network_BridgeSTPConfig, 0}, {K_vlan, T_network_BridgeVLANConfig, 0}, {K_up, T_bool, SCHEMA_POINTER},
    {K_mtu, T_uint32, 0}, {K_addresses, T_list_of_network_AddressConfig, 0},
    {K_routes, T_list_of_network_RouteConfig, 0}, {K_multicast, T_bool, SCHEMA_POINTER},
    /* network.BridgeSTPConfig */
    {K_enabled, T_bool, SCHEMA_POINTER},
    /* network.BridgeVLANConfig */
    {K_filtering, T_bool, SCHEMA_POINTER},
    /* cri.CRIBaseRuntimeSpecConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_overrides, T_meta_Unstructured, SCHEMA_REPLACE | SCHEMA_NEW},
    /* cri.CRICustomizationConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_content, T_string, SCHEMA_NEW},
    /* container.ContainerConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_image, T_string, SCHEMA_NEW}, {K_entrypoint, T_list_of_string, SCHEMA_NEW},
    {K_args, T_list_of_string, SCHEMA_NEW}, {K_workingDir, T_string, SCHEMA_NEW},
    {K_runAs, T_container_ContainerRunAs, SCHEMA_POINTER | SCHEMA_NEW}, {K_environment, T_list_of_string, SCHEMA_NEW},
    {K_mounts, T_list_of_container_ContainerMount, SCHEMA_NEW},
    {K_security, T_container_ContainerSecurity, SCHEMA_POINTER | SCHEMA_NEW},
    {K_network, T_container_ContainerNetwork, SCHEMA_POINTER | SCHEMA_NEW},
    {K_resources, T_container_ContainerResources, SCHEMA_POINTER | SCHEMA_NEW},
    {K_dependsOn, T_container_ContainerDependsOn, SCHEMA_POINTER | SCHEMA_NEW},
    /* container.ContainerRunAs */
    {K_uid, T_int32, SCHEMA_POINTER | SCHEMA_NEW}, {K_gid, T_int32, SCHEMA_POINTER | SCHEMA_NEW},
    /* container.ContainerMount */
    {K_userVolume, T_container_UserVolumeMount, SCHEMA_POINTER | SCHEMA_NEW},
    {K_tmpfs, T_container_TmpfsMount, SCHEMA_POINTER | SCHEMA_NEW},
    {K_hostPath, T_container_HostPathMount, SCHEMA_POINTER | SCHEMA_NEW},
    /* container.UserVolumeMount */
    {K_name, T_string, SCHEMA_NEW}, {K_destination, T_string, SCHEMA_NEW}, {K_options, T_list_of_string, SCHEMA_NEW},
    /* container.TmpfsMount */
    {K_destination, T_string, SCHEMA_NEW}, {K_size, T_string, SCHEMA_NEW}, {K_options, T_list_of_string, SCHEMA_NEW},
    /* container.HostPathMount */
    {K_source, T_string, SCHEMA_NEW}, {K_destination, T_string, SCHEMA_NEW}, {K_options, T_list_of_string, SCHEMA_NEW},
    /* container.ContainerSecurity */
    {K_profile, T_string, SCHEMA_NEW}, {K_capabilities, T_container_ContainerCapabilities, SCHEMA_POINTER | SCHEMA_NEW},
    {K_machinedAccess, T_bool, SCHEMA_NEW},
    /* container.ContainerCapabilities */
    {K_add, T_list_of_string, SCHEMA_NEW}, {K_drop, T_list_of_string, SCHEMA_NEW},
    /* container.ContainerNetwork */
    {K_mode, T_string, SCHEMA_NEW},
    /* container.ContainerResources */
    {K_limits, T_container_ContainerResourceLimits, SCHEMA_POINTER | SCHEMA_NEW},
    /* container.ContainerResourceLimits */
    {K_cpu, T_string, SCHEMA_NEW}, {K_memory, T_string, SCHEMA_NEW},
    /* container.ContainerDependsOn */
    {K_paths, T_list_of_string, SCHEMA_NEW}, {K_networks, T_list_of_string, SCHEMA_NEW},
    {K_time, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_containers, T_list_of_string, SCHEMA_NEW},
    /* network.DHCPv4ConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_routeMetric, T_uint32, 0},
    {K_ignoreHostname, T_bool, SCHEMA_POINTER}, {K_ignoreRoutes, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    {K_clientIdentifier, T_nethelpers_ClientIdentifier, SCHEMA_POINTER}, {K_duidRaw, T_nethelpers_HardwareAddr, 0},
    /* network.DHCPv6ConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_routeMetric, T_uint32, 0},
    {K_ignoreHostname, T_bool, SCHEMA_POINTER}, {K_clientIdentifier, T_nethelpers_ClientIdentifier, SCHEMA_POINTER},
    {K_duidRaw, T_nethelpers_HardwareAddr, 0},
    /* cluster.DiscoveryIdentityConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_clusterID, T_string, SCHEMA_NEW},
    {K_clusterSecret, T_string, SCHEMA_NEW},
    /* cluster.DiscoveryServiceConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_endpoint, T_meta_URL, SCHEMA_NEW},
    /* network.DummyLinkConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_hardwareAddr, T_nethelpers_HardwareAddr, 0}, {K_up, T_bool, SCHEMA_POINTER}, {K_mtu, T_uint32, 0},
    {K_addresses, T_list_of_network_AddressConfig, 0}, {K_routes, T_list_of_network_RouteConfig, 0},
    {K_multicast, T_bool, SCHEMA_POINTER},
    /* runtime.EnvironmentV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_variables, T_map_of_string, 0},
    /* runtime.EtcFileConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_mode, T_runtime_EtcFileMode, SCHEMA_NEW}, {K_contents, T_string, SCHEMA_NEW},
    /* network.EthernetConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_features, T_map_of_bool, 0},
    {K_rings, T_network_EthernetRingsConfig, SCHEMA_POINTER},
    {K_channels, T_network_EthernetChannelsConfig, SCHEMA_POINTER}, {K_wakeOnLan, T_list_of_nethelpers_WOLMode, 0},
    /* network.EthernetRingsConfig */
    {K_rx, T_uint32, SCHEMA_POINTER}, {K_tx, T_uint32, SCHEMA_POINTER}, {K_rx_mini, T_uint32, SCHEMA_POINTER},
    {K_rx_jumbo, T_uint32, SCHEMA_POINTER}, {K_rx_buf_len, T_uint32, SCHEMA_POINTER},
    {K_cqe_size, T_uint32, SCHEMA_POINTER}, {K_tx_push, T_bool, SCHEMA_POINTER}, {K_rx_push, T_bool, SCHEMA_POINTER},
    {K_tx_push_buf_len, T_uint32, SCHEMA_POINTER}, {K_tcp_data_split, T_bool, SCHEMA_POINTER},
    /* network.EthernetChannelsConfig */
    {K_rx, T_uint32, SCHEMA_POINTER}, {K_tx, T_uint32, SCHEMA_POINTER}, {K_other, T_uint32, SCHEMA_POINTER},
    {K_combined, T_uint32, SCHEMA_POINTER},
    /* runtime.EventSinkV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_endpoint, T_string, 0},
    /* block.ExistingVolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_discovery, T_block_VolumeDiscoverySpec, 0}, {K_mount, T_block_ExistingMountSpec, 0},
    {K_trim, T_block_TrimConfig, SCHEMA_POINTER | SCHEMA_NEW},
    {K_scrub, T_block_ScrubConfig, SCHEMA_POINTER | SCHEMA_NEW},
    /* block.VolumeDiscoverySpec */
    {K_volumeSelector, T_block_VolumeSelector, 0},
    /* block.VolumeSelector */
    {K_match, T_cel_Expression, 0},
    /* block.ExistingMountSpec */
    {K_readOnly, T_bool, SCHEMA_POINTER}, {K_disableAccessTime, T_bool, SCHEMA_POINTER},
    {K_secure, T_bool, SCHEMA_POINTER},
    /* block.TrimConfig */
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_interval, T_time_Duration, SCHEMA_NEW},
    /* block.ScrubConfig */
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_interval, T_time_Duration, SCHEMA_NEW},
    /* extensions.ServiceConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_configFiles, T_extensions_ConfigFileList, 0}, {K_environment, T_list_of_string, 0},
    /* extensions.ConfigFile */
    {K_content, T_string, 0}, {K_mountPath, T_string, 0},
    /* block.ExternalVolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_filesystemType, T_block_FilesystemType, 0}, {K_mount, T_block_ExternalMountSpec, 0},
    /* block.ExternalMountSpec */
    {K_readOnly, T_bool, SCHEMA_POINTER}, {K_disableAccessTime, T_bool, SCHEMA_POINTER},
    {K_secure, T_bool, SCHEMA_POINTER}, {K_virtiofs, T_block_VirtiofsMountSpec, SCHEMA_POINTER},
    /* block.VirtiofsMountSpec */
    {K_tag, T_string, 0},
    /* block.FilesystemScrubConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_interval, T_time_Duration, SCHEMA_NEW},
    /* block.FilesystemTrimConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_interval, T_time_Duration, SCHEMA_NEW},
    /* network.HCloudVIPConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_link, T_string, 0},
    {K_apiToken, T_string, 0},
    /* network.HTTPProbeConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_interval, T_time_Duration, SCHEMA_NEW}, {K_failureThreshold, T_int, SCHEMA_NEW}, {K_url, T_meta_URL, SCHEMA_NEW},
    {K_timeout, T_time_Duration, SCHEMA_NEW},
    /* network.HostnameConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_auto, T_nethelpers_AutoHostnameKind, SCHEMA_POINTER},
    {K_hostname, T_string, 0},
    /* cri.ImageCacheConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_local, T_cri_LocalImageCacheConfig, SCHEMA_NEW},
    /* cri.LocalImageCacheConfig */
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* security.ImageVerificationConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_rules, T_security_ImageVerificationRules, 0},
    /* security.ImageVerificationRuleV1Alpha1 */
    {K_image, T_string, 0}, {K_skip, T_bool, SCHEMA_POINTER}, {K_deny, T_bool, SCHEMA_POINTER},
    {K_keyless, T_security_ImageKeylessVerifierV1Alpha1, SCHEMA_POINTER},
    {K_publicKey, T_security_ImagePublicKeyVerifierV1Alpha1, SCHEMA_POINTER},
    /* security.ImageKeylessVerifierV1Alpha1 */
    {K_issuer, T_string, 0}, {K_subject, T_string, 0}, {K_subjectRegex, T_string, 0},
    /* security.ImagePublicKeyVerifierV1Alpha1 */
    {K_certificate, T_string, 0},
    /* runtime.KernelModuleConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_parameters, T_list_of_string, SCHEMA_NEW},
    /* runtime.KmsgLogV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_url, T_meta_URL, 0},
    /* k8s.KubeAPIServerCAConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_issuingCA, T_meta_CertificateAndKey, SCHEMA_POINTER | SCHEMA_NEW}, {K_acceptedCAs, T_list_of_string, SCHEMA_NEW},
    /* meta.CertificateAndKey */
    {K_cert, T_string, SCHEMA_NEW}, {K_key, T_string, SCHEMA_NEW},
    /* k8s.KubeAPIServerConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_image, T_string, SCHEMA_NEW},
    {K_extraArgs, T_meta_Args, SCHEMA_NEW}, {K_env, T_map_of_string, SCHEMA_NEW},
    {K_resources, T_k8s_ResourcesConfig, SCHEMA_NEW}, {K_apiPort, T_int, SCHEMA_POINTER | SCHEMA_NEW},
    {K_certExtraSANs, T_list_of_string, SCHEMA_NEW}, {K_startupProbes, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* k8s.ResourcesConfig */
    {K_requests, T_meta_Unstructured, SCHEMA_NEW}, {K_limits, T_meta_Unstructured, SCHEMA_NEW},
    /* k8s.KubeAdmissionControlConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_configuration, T_meta_Unstructured, SCHEMA_NEW},
    /* k8s.KubeAggregatorCAConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_issuingCA, T_meta_CertificateAndKey, SCHEMA_POINTER | SCHEMA_NEW}, {K_acceptedCAs, T_list_of_string, SCHEMA_NEW},
    /* k8s.KubeAuditPolicyConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_configuration, T_meta_Unstructured, SCHEMA_REPLACE | SCHEMA_NEW},
    /* k8s.KubeAuthenticationConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_configuration, T_meta_Unstructured, SCHEMA_REPLACE | SCHEMA_NEW},
    /* k8s.KubeAuthorizerConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_type, T_string, SCHEMA_NEW}, {K_webhook, T_meta_Unstructured, SCHEMA_NEW},
    /* k8s.KubeClusterConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_clusterName, T_string, SCHEMA_NEW},
    {K_endpoint, T_meta_URL, SCHEMA_NEW},
    /* k8s.KubeControllerManagerConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_image, T_string, SCHEMA_NEW},
    {K_extraArgs, T_meta_Args, SCHEMA_NEW}, {K_env, T_map_of_string, SCHEMA_NEW},
    {K_resources, T_k8s_ResourcesConfig, SCHEMA_NEW},
    /* k8s.KubeCoreDNSConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_image, T_string, SCHEMA_NEW},
    /* k8s.KubeCredentialProviderConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_configuration, T_meta_Unstructured, SCHEMA_REPLACE | SCHEMA_NEW},
    /* k8s.KubeEtcdEncryptionConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_config, T_meta_Unstructured, SCHEMA_NEW},
    /* k8s.KubeExternalManifestConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_headers, T_map_of_string, SCHEMA_NEW}, {K_url, T_meta_URL, SCHEMA_NEW},
    /* k8s.KubeFlannelCNIConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_backendType, T_string, SCHEMA_NEW},
    {K_backendPort, T_uint16, SCHEMA_NEW}, {K_backendMTU, T_uint32, SCHEMA_NEW},
    {K_backendExtraConfig, T_meta_Unstructured, SCHEMA_NEW}, {K_resources, T_k8s_ResourcesConfig, SCHEMA_NEW},
    {K_extraArgs, T_list_of_string, SCHEMA_NEW}, {K_kubeNetworkPoliciesEnabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* k8s.KubeInlineManifestConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_manifest, T_string, SCHEMA_NEW},
    /* k8s.KubeNetworkConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_dnsDomain, T_string, SCHEMA_NEW},
    {K_podSubnets, T_list_of_meta_Prefix, SCHEMA_REPLACE | SCHEMA_NEW},
    {K_serviceSubnets, T_list_of_meta_Prefix, SCHEMA_REPLACE | SCHEMA_NEW}, {K_nodeCIDRMaskSizeIPv4, T_int, SCHEMA_NEW},
    {K_nodeCIDRMaskSizeIPv6, T_int, SCHEMA_NEW},
    /* k8s.KubeNodeConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_skipNodeRegistration, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    {K_registerWithFQDN, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_nodeIP, T_k8s_NodeIPConfig, SCHEMA_NEW},
    {K_labels, T_map_of_string, SCHEMA_NEW}, {K_annotations, T_map_of_string, SCHEMA_NEW},
    {K_taints, T_map_of_string, SCHEMA_NEW},
    /* k8s.NodeIPConfig */
    {K_validSubnets, T_list_of_string, SCHEMA_NEW},
    /* k8s.KubePrismConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_port, T_int, SCHEMA_NEW},
    {K_tlsServerName, T_string, SCHEMA_NEW},
    /* k8s.KubeProxyConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_image, T_string, SCHEMA_NEW}, {K_mode, T_string, SCHEMA_NEW},
    {K_config, T_meta_Unstructured, SCHEMA_NEW}, {K_extraArgs, T_meta_Args, SCHEMA_NEW},
    {K_resources, T_k8s_ResourcesConfig, SCHEMA_NEW},
    /* k8s.KubeSchedulerConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_image, T_string, SCHEMA_NEW},
    {K_config, T_meta_Unstructured, SCHEMA_NEW}, {K_extraArgs, T_meta_Args, SCHEMA_NEW},
    {K_env, T_map_of_string, SCHEMA_NEW}, {K_resources, T_k8s_ResourcesConfig, SCHEMA_NEW},
    /* k8s.KubeServiceAccountConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_issuer, T_k8s_IssuerServiceAccountConfig, SCHEMA_NEW},
    {K_accepted, T_k8s_AcceptedServiceAccountConfig, SCHEMA_NEW},
    /* k8s.IssuerServiceAccountConfig */
    {K_privateKey, T_string, SCHEMA_NEW}, {K_issuerURL, T_meta_URL, SCHEMA_NEW},
    /* k8s.AcceptedServiceAccountConfig */
    {K_publicKeys, T_list_of_string, SCHEMA_NEW}, {K_issuers, T_list_of_meta_URL, SCHEMA_NEW},
    {K_audiences, T_list_of_string, SCHEMA_NEW},
    /* network.KubeSpanConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_enabled, T_bool, SCHEMA_POINTER},
    {K_advertiseKubernetesNetworks, T_bool, SCHEMA_POINTER}, {K_allowDownPeerBypass, T_bool, SCHEMA_POINTER},
    {K_harvestExtraEndpoints, T_bool, SCHEMA_POINTER}, {K_mtu, T_uint32, SCHEMA_POINTER},
    {K_filters, T_network_KubeSpanFiltersConfig, SCHEMA_POINTER},
    /* network.KubeSpanFiltersConfig */
    {K_endpoints, T_list_of_string, 0}, {K_excludeAdvertisedNetworks, T_list_of_meta_Prefix, 0},
    /* network.KubespanEndpointsConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_extraAnnouncedEndpoints, T_list_of_netip_AddrPort, 0},
    /* k8s.KubeStaticPodConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_pod, T_meta_Unstructured, SCHEMA_REPLACE | SCHEMA_NEW},
    /* k8s.KubeTalosAPIAccessConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_allowedRoles, T_list_of_string, SCHEMA_NEW}, {K_allowedKubernetesNamespaces, T_list_of_string, SCHEMA_NEW},
    /* k8s.KubeletConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_image, T_string, SCHEMA_NEW},
    {K_config, T_meta_Unstructured, SCHEMA_NEW}, {K_extraArgs, T_meta_Args, SCHEMA_NEW},
    {K_clusterDNS, T_list_of_string, SCHEMA_NEW},
    {K_defaultRuntimeSeccompProfileEnabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* storage.LVMLogicalVolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_type, T_storage_LVMLogicalVolumeType, SCHEMA_NEW}, {K_mirrors, T_uint32, SCHEMA_POINTER | SCHEMA_NEW},
    {K_stripes, T_uint32, SCHEMA_POINTER | SCHEMA_NEW},
    {K_provisioning, T_storage_LVMLogicalVolumeProvisioningSpec, SCHEMA_NEW},
    /* storage.LVMLogicalVolumeProvisioningSpec */
    {K_volumeGroup, T_string, SCHEMA_NEW}, {K_minSize, T_block_ByteSize, SCHEMA_NEW},
    {K_maxSize, T_block_Size, SCHEMA_NEW},
    /* storage.LVMVolumeGroupConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_provisioning, T_storage_ProvisioningSpec, SCHEMA_NEW},
    /* storage.ProvisioningSpec */
    {K_volumeSelector, T_storage_LVMVolumeSelectorSpec, SCHEMA_NEW},
    /* storage.LVMVolumeSelectorSpec */
    {K_match, T_cel_Expression, SCHEMA_NEW},
    /* network.Layer2VIPConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_link, T_string, 0},
    /* network.LinkAliasConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_selector, T_network_LinkSelector, 0},
    /* network.LinkSelector */
    {K_match, T_cel_Expression, 0},
    /* network.LinkConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_up, T_bool, SCHEMA_POINTER},
    {K_mtu, T_uint32, 0}, {K_addresses, T_list_of_network_AddressConfig, 0},
    {K_routes, T_list_of_network_RouteConfig, 0}, {K_multicast, T_bool, SCHEMA_POINTER},
    /* network.DefaultActionConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_ingress, T_nethelpers_DefaultAction, 0},
    /* network.RuleConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_portSelector, T_network_RulePortSelector, 0}, {K_ingress, T_network_IngressConfig, SCHEMA_REPLACE},
    /* network.RulePortSelector */
    {K_ports, T_network_PortRanges, SCHEMA_REPLACE}, {K_protocol, T_nethelpers_Protocol, 0},
    /* network.IngressRule */
    {K_subnet, T_netip_Prefix, 0}, {K_except, T_meta_Prefix, 0},
    /* runtime.OOMV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_triggerExpression, T_cel_Expression, 0},
    {K_cgroupRankingExpression, T_cel_Expression, 0}, {K_strictCgroupClassOrdering, T_bool, SCHEMA_POINTER},
    {K_sampleInterval, T_time_Duration, 0},
    /* hardware.PCIDriverRebindConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_targetDriver, T_string, 0},
    /* storage.RAIDArrayConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_level, T_storage_MDLevel, SCHEMA_NEW}, {K_metadata, T_storage_MDMetadata, SCHEMA_NEW},
    {K_provisioning, T_storage_RAIDProvisioningSpec, SCHEMA_NEW},
    /* storage.RAIDProvisioningSpec */
    {K_volumeSelector, T_storage_RAIDVolumeSelector, SCHEMA_NEW},
    /* storage.RAIDVolumeSelector */
    {K_match, T_cel_Expression, SCHEMA_NEW},
    /* block.RawVolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_provisioning, T_block_ProvisioningSpec, 0}, {K_encryption, T_block_EncryptionSpec, 0},
    /* block.ProvisioningSpec */
    {K_diskSelector, T_block_DiskSelector, 0}, {K_grow, T_bool, SCHEMA_POINTER}, {K_minSize, T_block_ByteSize, 0},
    {K_maxSize, T_block_Size, 0},
    /* block.DiskSelector */
    {K_match, T_cel_Expression, 0},
    /* block.EncryptionSpec */
    {K_provider, T_block_EncryptionProviderType, 0}, {K_keys, T_list_of_block_EncryptionKey, 0},
    {K_cipher, T_string, 0}, {K_keySize, T_uint, 0}, {K_blockSize, T_uint, 0}, {K_options, T_list_of_string, 0},
    {K_allowDiscards, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* block.EncryptionKey */
    {K_slot, T_int, 0}, {K_static, T_block_EncryptionKeyStatic, SCHEMA_POINTER},
    {K_nodeID, T_block_EncryptionKeyNodeID, SCHEMA_POINTER}, {K_kms, T_block_EncryptionKeyKMS, SCHEMA_POINTER},
    {K_tpm, T_block_EncryptionKeyTPM, SCHEMA_POINTER}, {K_lockToState, T_bool, SCHEMA_POINTER},
    /* block.EncryptionKeyStatic */
    {K_passphrase, T_string, 0},
    /* block.EncryptionKeyKMS */
    {K_endpoint, T_string, 0},
    /* block.EncryptionKeyTPM */
    {K_options, T_block_EncryptionKeyTPMOptions, SCHEMA_POINTER},
    {K_checkSecurebootStatusOnEnroll, T_bool, SCHEMA_POINTER},
    /* block.EncryptionKeyTPMOptions */
    {K_pcrs, T_list_of_int, 0},
    /* cri.RegistryAuthConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_username, T_string, 0},
    {K_password, T_string, 0}, {K_auth, T_string, 0}, {K_identityToken, T_string, 0},
    /* cri.RegistryMirrorConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_endpoints, T_list_of_cri_RegistryEndpoint, 0}, {K_skipFallback, T_bool, SCHEMA_POINTER},
    /* cri.RegistryEndpoint */
    {K_url, T_meta_URL, 0}, {K_overridePath, T_bool, SCHEMA_POINTER},
    /* cri.RegistryTLSConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_clientIdentity, T_meta_CertificateAndKey_2, SCHEMA_POINTER}, {K_ca, T_string, 0},
    {K_insecureSkipVerify, T_bool, SCHEMA_POINTER},
    /* meta.CertificateAndKey 2 */
    {K_cert, T_string, 0}, {K_key, T_string, 0},
    /* network.ResolverConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_nameservers, T_list_of_network_NameserverConfig, 0},
    {K_searchDomains, T_network_SearchDomainsConfig, 0}, {K_hostDNS, T_network_HostDNSConfig, SCHEMA_NEW},
    /* network.NameserverConfig */
    {K_address, T_meta_Addr, 0}, {K_protocol, T_nethelpers_DNSProtocol, SCHEMA_NEW},
    {K_tlsServerName, T_string, SCHEMA_NEW},
    /* network.SearchDomainsConfig */
    {K_domains, T_list_of_string, SCHEMA_REPLACE}, {K_disableDefault, T_bool, SCHEMA_POINTER},
    /* network.HostDNSConfig */
    {K_enabled, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_forwardKubeDNSToHost, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    {K_resolveMemberNames, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* network.RoutingRuleConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_src, T_meta_Prefix, 0},
    {K_dst, T_meta_Prefix, 0}, {K_table, T_nethelpers_RoutingTable, 0}, {K_action, T_nethelpers_RoutingRuleAction, 0},
    {K_iifName, T_string, 0}, {K_oifName, T_string, 0}, {K_fwMark, T_uint32, 0}, {K_fwMask, T_uint32, 0},
    /* runtime.SecurityProfileConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_workloadIsolation, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* siderolink.ConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_apiUrl, T_meta_URL, 0}, {K_uniqueToken, T_string, 0},
    /* network.StaticHostConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_hostnames, T_list_of_string, 0},
    /* block.SwapVolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_provisioning, T_block_ProvisioningSpec, 0}, {K_encryption, T_block_EncryptionSpec, 0},
    /* runtime.SysctlConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_params, T_map_of_string, SCHEMA_NEW},
    /* runtime.SysfsConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_params, T_map_of_string, SCHEMA_NEW},
    /* network.TCPProbeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_interval, T_time_Duration, 0},
    {K_failureThreshold, T_int, 0}, {K_endpoint, T_string, 0}, {K_timeout, T_time_Duration, 0},
    /* network.TimeSyncConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_enabled, T_bool, SCHEMA_POINTER},
    {K_bootTimeout, T_time_Duration, 0}, {K_ntp, T_network_NTPConfig, SCHEMA_POINTER},
    {K_ptp, T_network_PTPConfig, SCHEMA_POINTER},
    /* network.NTPConfig */
    {K_servers, T_list_of_string, 0}, {K_useNTS, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* network.PTPConfig */
    {K_devices, T_list_of_string, 0},
    /* security.TrustedRootsConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_certificates, T_string, 0},
    /* runtime.UdevRulesConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_rules, T_list_of_string, SCHEMA_NEW},
    /* runtime.UnattendedInstallConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW},
    {K_reboot, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_installer, T_runtime_InstallerSpec, SCHEMA_NEW},
    {K_provisioning, T_runtime_ProvisioningSpec, SCHEMA_NEW},
    /* runtime.InstallerSpec */
    {K_image, T_string, SCHEMA_NEW},
    /* runtime.ProvisioningSpec */
    {K_diskSelector, T_runtime_DiskSelectorSpec, SCHEMA_NEW}, {K_wipe, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* runtime.DiskSelectorSpec */
    {K_match, T_cel_Expression, SCHEMA_NEW},
    /* block.UserVolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_volumeType, T_block_VolumeType, SCHEMA_POINTER}, {K_provisioning, T_block_ProvisioningSpec, 0},
    {K_filesystem, T_block_FilesystemSpec, 0}, {K_encryption, T_block_EncryptionSpec, 0},
    {K_mount, T_block_UserMountSpec, 0}, {K_trim, T_block_TrimConfig, SCHEMA_POINTER | SCHEMA_NEW},
    {K_scrub, T_block_ScrubConfig, SCHEMA_POINTER | SCHEMA_NEW},
    /* block.FilesystemSpec */
    {K_type, T_block_FilesystemType, 0}, {K_projectQuotaSupport, T_bool, SCHEMA_POINTER},
    {K_xfs, T_block_XFSSpec, SCHEMA_POINTER | SCHEMA_NEW},
    /* block.XFSSpec */
    {K_minAllocationGroupSize, T_block_ByteSize, SCHEMA_NEW},
    /* block.UserMountSpec */
    {K_disableAccessTime, T_bool, SCHEMA_POINTER}, {K_secure, T_bool, SCHEMA_POINTER},
    /* network.VLANConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_vlanID, T_uint16, 0},
    {K_vlanMode, T_nethelpers_VLANProtocol, SCHEMA_POINTER}, {K_parent, T_string, 0}, {K_up, T_bool, SCHEMA_POINTER},
    {K_mtu, T_uint32, 0}, {K_addresses, T_list_of_network_AddressConfig, 0},
    {K_routes, T_list_of_network_RouteConfig, 0}, {K_multicast, T_bool, SCHEMA_POINTER},
    /* network.VRFConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_hardwareAddr, T_nethelpers_HardwareAddr, 0}, {K_links, T_list_of_string, 0},
    {K_table, T_nethelpers_RoutingTable, 0}, {K_up, T_bool, SCHEMA_POINTER}, {K_mtu, T_uint32, 0},
    {K_addresses, T_list_of_network_AddressConfig, 0}, {K_routes, T_list_of_network_RouteConfig, 0},
    {K_multicast, T_bool, SCHEMA_POINTER},
    /* network.VethConfigV1Alpha1 */
    {K_apiVersion, T_string, SCHEMA_NEW}, {K_kind, T_string, SCHEMA_NEW}, {K_name, T_string, SCHEMA_NEW},
    {K_peer, T_network_VethPeerConfig, SCHEMA_NEW}, {K_up, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    {K_mtu, T_uint32, SCHEMA_NEW}, {K_addresses, T_list_of_network_AddressConfig_2, SCHEMA_NEW},
    {K_routes, T_list_of_network_RouteConfig_2, SCHEMA_NEW}, {K_multicast, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* network.VethPeerConfig */
    {K_name, T_string, SCHEMA_NEW}, {K_up, T_bool, SCHEMA_POINTER | SCHEMA_NEW}, {K_mtu, T_uint32, SCHEMA_NEW},
    {K_addresses, T_list_of_network_AddressConfig_2, SCHEMA_NEW},
    {K_routes, T_list_of_network_RouteConfig_2, SCHEMA_NEW}, {K_multicast, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* network.AddressConfig 2 */
    {K_address, T_netip_Prefix, SCHEMA_NEW}, {K_routePriority, T_uint32, SCHEMA_POINTER | SCHEMA_NEW},
    /* network.RouteConfig 2 */
    {K_destination, T_meta_Prefix, SCHEMA_NEW}, {K_gateway, T_meta_Addr, SCHEMA_NEW},
    {K_source, T_meta_Addr, SCHEMA_NEW}, {K_metric, T_uint32, SCHEMA_NEW}, {K_mtu, T_uint32, SCHEMA_NEW},
    {K_table, T_nethelpers_RoutingTable, SCHEMA_NEW},
    /* block.VolumeConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0},
    {K_provisioning, T_block_ProvisioningSpec, 0}, {K_filesystem, T_block_SystemVolumeFilesystemSpec, SCHEMA_NEW},
    {K_encryption, T_block_EncryptionSpec, 0}, {K_mount, T_block_MountSpec, 0},
    {K_trim, T_block_TrimConfig, SCHEMA_POINTER | SCHEMA_NEW},
    {K_scrub, T_block_ScrubConfig, SCHEMA_POINTER | SCHEMA_NEW},
    /* block.SystemVolumeFilesystemSpec */
    {K_xfs, T_block_XFSSpec, SCHEMA_POINTER | SCHEMA_NEW},
    /* block.MountSpec */
    {K_secure, T_bool, SCHEMA_POINTER}, {K_disableAccessTime, T_bool, SCHEMA_POINTER | SCHEMA_NEW},
    /* runtime.WatchdogTimerV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_device, T_string, 0}, {K_timeout, T_time_Duration, 0},
    /* network.WireguardConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_name, T_string, 0}, {K_privateKey, T_string, 0},
    {K_listenPort, T_int, 0}, {K_firewallMark, T_int, 0}, {K_peers, T_list_of_network_WireguardPeer, 0},
    {K_up, T_bool, SCHEMA_POINTER}, {K_mtu, T_uint32, 0}, {K_addresses, T_list_of_network_AddressConfig, 0},
    {K_routes, T_list_of_network_RouteConfig, 0}, {K_multicast, T_bool, SCHEMA_POINTER},
    /* network.WireguardPeer */
    {K_publicKey, T_string, 0}, {K_presharedKey, T_string, 0}, {K_endpoint, T_meta_AddrPort, 0},
    {K_persistentKeepaliveInterval, T_time_Duration, 0}, {K_allowedIPs, T_list_of_meta_Prefix, 0},
    /* block.ZswapConfigV1Alpha1 */
    {K_apiVersion, T_string, 0}, {K_kind, T_string, 0}, {K_maxPoolPercent, T_int, SCHEMA_POINTER},
    {K_shrinkerEnabled, T_bool, SCHEMA_POINTER},
    /* v1alpha1.Config */
    {K_version, T_string, 0}, {K_debug, T_bool, SCHEMA_POINTER}, {K_persist, T_bool, SCHEMA_POINTER},
    {K_machine, T_v1alpha1_MachineConfig, SCHEMA_POINTER}, {K_cluster, T_v1alpha1_ClusterConfig, SCHEMA_POINTER},
    /* v1alpha1.MachineConfig */
    {K_type, T_string, 0}, {K_token, T_string, 0}, {K_ca, T_x509_PEMEncodedCertificateAndKey, SCHEMA_POINTER},
    {K_acceptedCAs, T_list_of_x509_PEMEncodedCertificate, 0}, {K_certSANs, T_list_of_string, 0},
    {K_controlPlane, T_v1alpha1_MachineControlPlaneConfig, SCHEMA_POINTER},
    {K_kubelet, T_v1alpha1_KubeletConfig, SCHEMA_POINTER}, {K_pods, T_list_of_meta_Unstructured, 0},
    {K_network, T_v1alpha1_NetworkConfig, SCHEMA_POINTER}, {K_disks, T_list_of_v1alpha1_MachineDisk, 0},
    {K_install, T_v1alpha1_InstallConfig, SCHEMA_POINTER}, {K_files, T_list_of_v1alpha1_MachineFile, 0},
    {K_env, T_map_of_string, 0}, {K_time, T_v1alpha1_TimeConfig, SCHEMA_POINTER}, {K_sysctls, T_map_of_string, 0},
    {K_sysfs, T_map_of_string, 0}, {K_registries, T_v1alpha1_RegistriesConfig, 0},
    {K_systemDiskEncryption, T_v1alpha1_SystemDiskEncryptionConfig, SCHEMA_POINTER},
    {K_features, T_v1alpha1_FeaturesConfig, SCHEMA_POINTER}, {K_udev, T_v1alpha1_UdevConfig, SCHEMA_POINTER},
    {K_logging, T_v1alpha1_LoggingConfig, SCHEMA_POINTER}, {K_kernel, T_v1alpha1_KernelConfig, SCHEMA_POINTER},
    {K_seccompProfiles, T_list_of_v1alpha1_MachineSeccompProfile, 0},
    {K_baseRuntimeSpecOverrides, T_meta_Unstructured, 0}, {K_nodeLabels, T_map_of_string, 0},
    {K_nodeAnnotations, T_map_of_string, 0}, {K_nodeTaints, T_map_of_string, 0},
    /* x509.PEMEncodedCertificateAndKey */
    {K_crt, T_v1alpha1_Base64Bytes, 0}, {K_key, T_v1alpha1_Base64Bytes, 0},
    /* x509.PEMEncodedCertificate */
    {K_crt, T_v1alpha1_Base64Bytes, 0},
    /* v1alpha1.MachineControlPlaneConfig */
    {K_controllerManager, T_v1alpha1_MachineControllerManagerConfig, SCHEMA_POINTER},
    {K_scheduler, T_v1alpha1_MachineSchedulerConfig, SCHEMA_POINTER},
    /* v1alpha1.MachineControllerManagerConfig */
    {K_disabled, T_bool, SCHEMA_POINTER},
    /* v1alpha1.MachineSchedulerConfig */
    {K_disabled, T_bool, SCHEMA_POINTER},
    /* v1alpha1.KubeletConfig */
    {K_image, T_string, 0}, {K_clusterDNS, T_list_of_string, 0}, {K_extraArgs, T_meta_Args, 0},
    {K_extraMounts, T_list_of_v1alpha1_ExtraMount, 0}, {K_extraConfig, T_meta_Unstructured, 0},
    {K_credentialProviderConfig, T_meta_Unstructured, 0},
    {K_defaultRuntimeSeccompProfileEnabled, T_bool, SCHEMA_POINTER}, {K_registerWithFQDN, T_bool, SCHEMA_POINTER},
    {K_nodeIP, T_v1alpha1_KubeletNodeIPConfig, SCHEMA_POINTER}, {K_skipNodeRegistration, T_bool, SCHEMA_POINTER},
    {K_disableManifestsDirectory, T_bool, SCHEMA_POINTER},
    /* v1alpha1.ExtraMount */
    {K_destination, T_string, 0}, {K_type, T_string, 0}, {K_source, T_string, 0}, {K_options, T_list_of_string, 0},
    {K_uidMappings, T_list_of_v1alpha1_LinuxIDMapping, 0}, {K_gidMappings, T_list_of_v1alpha1_LinuxIDMapping, 0},
    /* v1alpha1.LinuxIDMapping */
    {K_containerID, T_uint32, 0}, {K_hostID, T_uint32, 0}, {K_size, T_uint32, 0},
    /* v1alpha1.KubeletNodeIPConfig */
    {K_validSubnets, T_list_of_string, 0},
    /* v1alpha1.NetworkConfig */
    {K_hostname, T_string, 0}, {K_interfaces, T_v1alpha1_NetworkDeviceList, 0}, {K_nameservers, T_list_of_string, 0},
    {K_searchDomains, T_list_of_string, 0}, {K_extraHostEntries, T_list_of_v1alpha1_ExtraHost, 0},
    {K_kubespan, T_v1alpha1_NetworkKubeSpan, SCHEMA_POINTER}, {K_disableSearchDomain, T_bool, SCHEMA_POINTER},
    /* v1alpha1.Device */
    {K_interface, T_string, 0}, {K_deviceSelector, T_v1alpha1_NetworkDeviceSelector, SCHEMA_POINTER},
    {K_addresses, T_list_of_string, 0}, {K_cidr, T_string, 0}, {K_routes, T_list_of_v1alpha1_Route, 0},
    {K_bond, T_v1alpha1_Bond, SCHEMA_POINTER}, {K_bridge, T_v1alpha1_Bridge, SCHEMA_POINTER},
    {K_bridgePort, T_v1alpha1_BridgePort, SCHEMA_POINTER}, {K_vlans, T_v1alpha1_VlanList, 0}, {K_mtu, T_int, 0},
    {K_dhcp, T_bool, SCHEMA_POINTER}, {K_ignore, T_bool, SCHEMA_POINTER}, {K_dummy, T_bool, SCHEMA_POINTER},
    {K_dhcpOptions, T_v1alpha1_DHCPOptions, SCHEMA_POINTER},
    {K_wireguard, T_v1alpha1_DeviceWireguardConfig, SCHEMA_POINTER},
    {K_vip, T_v1alpha1_DeviceVIPConfig, SCHEMA_POINTER},
    /* v1alpha1.NetworkDeviceSelector */
    {K_busPath, T_string, 0}, {K_hardwareAddr, T_string, 0}, {K_permanentAddr, T_string, 0}, {K_pciID, T_string, 0},
    {K_driver, T_string, 0}, {K_physical, T_bool, SCHEMA_POINTER},
    /* v1alpha1.Route */
    {K_network, T_string, 0}, {K_gateway, T_string, 0}, {K_source, T_string, 0}, {K_metric, T_uint32, 0},
    {K_mtu, T_uint32, 0},
    /* v1alpha1.Bond */
    {K_interfaces, T_list_of_string, 0}, {K_deviceSelectors, T_list_of_v1alpha1_NetworkDeviceSelector, 0},
    {K_arpIPTarget, T_list_of_string, 0}, {K_mode, T_string, 0}, {K_xmitHashPolicy, T_string, 0},
    {K_lacpRate, T_string, 0}, {K_adActorSystem, T_string, 0}, {K_arpValidate, T_string, 0},
    {K_arpAllTargets, T_string, 0}, {K_primary, T_string, 0}, {K_primaryReselect, T_string, 0},
    {K_failOverMac, T_string, 0}, {K_adSelect, T_string, 0}, {K_miimon, T_uint32, 0}, {K_updelay, T_uint32, 0},
    {K_downdelay, T_uint32, 0}, {K_arpInterval, T_uint32, 0}, {K_resendIgmp, T_uint32, 0}, {K_minLinks, T_uint32, 0},
    {K_lpInterval, T_uint32, 0}, {K_packetsPerSlave, T_uint32, 0}, {K_numPeerNotif, T_uint8, 0},
    {K_tlbDynamicLb, T_uint8, 0}, {K_allSlavesActive, T_uint8, 0}, {K_useCarrier, T_bool, SCHEMA_POINTER},
    {K_adActorSysPrio, T_uint16, 0}, {K_adUserPortKey, T_uint16, 0}, {K_peerNotifyDelay, T_uint32, 0},
    /* v1alpha1.Bridge */
    {K_interfaces, T_list_of_string, 0}, {K_stp, T_v1alpha1_STP, SCHEMA_POINTER},
    {K_vlan, T_v1alpha1_BridgeVLAN, SCHEMA_POINTER},
    /* v1alpha1.STP */
    {K_enabled, T_bool, SCHEMA_POINTER},
    /* v1alpha1.BridgeVLAN */
    {K_vlanFiltering, T_bool, SCHEMA_POINTER},
    /* v1alpha1.BridgePort */
    {K_master, T_string, 0},
    /* v1alpha1.Vlan */
    {K_addresses, T_list_of_string, 0}, {K_cidr, T_string, 0}, {K_routes, T_list_of_v1alpha1_Route, 0},
    {K_dhcp, T_bool, SCHEMA_POINTER}, {K_vlanId, T_uint16, 0}, {K_mtu, T_uint32, 0},
    {K_vip, T_v1alpha1_DeviceVIPConfig, SCHEMA_POINTER}, {K_dhcpOptions, T_v1alpha1_DHCPOptions, SCHEMA_POINTER},
    /* v1alpha1.DeviceVIPConfig */
    {K_ip, T_string, 0}, {K_equinixMetal, T_v1alpha1_VIPEquinixMetalConfig, SCHEMA_POINTER},
    {K_hcloud, T_v1alpha1_VIPHCloudConfig, SCHEMA_POINTER},
    /* v1alpha1.VIPEquinixMetalConfig */
    {K_apiToken, T_string, 0},
    /* v1alpha1.VIPHCloudConfig */
    {K_apiToken, T_string, 0},
    /* v1alpha1.DHCPOptions */
    {K_routeMetric, T_uint32, 0}, {K_ipv4, T_bool, SCHEMA_POINTER}, {K_ipv6, T_bool, SCHEMA_POINTER},
    {K_duidv6, T_string, 0},
    /* v1alpha1.DeviceWireguardConfig */
    {K_privateKey, T_string, 0}, {K_listenPort, T_int, 0}, {K_firewallMark, T_int, 0},
    {K_peers, T_list_of_v1alpha1_DeviceWireguardPeer, 0},
    /* v1alpha1.DeviceWireguardPeer */
    {K_publicKey, T_string, 0}, {K_endpoint, T_string, 0}, {K_persistentKeepaliveInterval, T_time_Duration, 0},
    {K_allowedIPs, T_list_of_string, 0},
    /* v1alpha1.ExtraHost */
    {K_ip, T_string, 0}, {K_aliases, T_list_of_string, 0},
    /* v1alpha1.NetworkKubeSpan */
    {K_enabled, T_bool, SCHEMA_POINTER}, {K_advertiseKubernetesNetworks, T_bool, SCHEMA_POINTER},
    {K_allowDownPeerBypass, T_bool, SCHEMA_POINTER}, {K_harvestExtraEndpoints, T_bool, SCHEMA_POINTER},
    {K_mtu, T_uint32, SCHEMA_POINTER}, {K_filters, T_v1alpha1_KubeSpanFilters, SCHEMA_POINTER},
    /* v1alpha1.KubeSpanFilters */
    {K_endpoints, T_list_of_string, 0}, {K_excludeAdvertisedNetworks, T_list_of_string, 0},
    /* v1alpha1.MachineDisk */
    {K_device, T_string, 0}, {K_partitions, T_list_of_v1alpha1_DiskPartition, 0},
    /* v1alpha1.DiskPartition */
    {K_size, T_v1alpha1_DiskSize, 0}, {K_mountpoint, T_string, 0},
    /* v1alpha1.InstallConfig */
    {K_disk, T_string, 0}, {K_diskSelector, T_v1alpha1_InstallDiskSelector, SCHEMA_POINTER},
    {K_extraKernelArgs, T_list_of_string, 0}, {K_image, T_string, 0},
    {K_extensions, T_list_of_v1alpha1_InstallExtensionConfig, 0}, {K_bootloader, T_bool, SCHEMA_POINTER},
    {K_wipe, T_bool, SCHEMA_POINTER}, {K_legacyBIOSSupport, T_bool, SCHEMA_POINTER},
    {K_grubUseUKICmdline, T_bool, SCHEMA_POINTER},
    /* v1alpha1.InstallDiskSelector */
    {K_size, T_v1alpha1_InstallDiskSizeMatcher, SCHEMA_POINTER}, {K_name, T_string, 0}, {K_model, T_string, 0},
    {K_serial, T_string, 0}, {K_modalias, T_string, 0}, {K_uuid, T_string, 0}, {K_wwid, T_string, 0},
    {K_type, T_string, 0}, {K_busPath, T_string, 0},
    /* v1alpha1.InstallExtensionConfig */
    {K_image, T_string, 0},
    /* v1alpha1.MachineFile */
    {K_content, T_string, 0}, {K_permissions, T_runtime_EtcFileMode, 0}, {K_path, T_string, 0}, {K_op, T_string, 0},
    /* v1alpha1.TimeConfig */
    {K_disabled, T_bool, SCHEMA_POINTER}, {K_servers, T_list_of_string, 0}, {K_bootTimeout, T_time_Duration, 0},
    /* v1alpha1.RegistriesConfig */
    {K_mirrors, T_map_of_v1alpha1_RegistryMirrorConfig, 0}, {K_config, T_map_of_v1alpha1_RegistryConfig, 0},
    /* v1alpha1.RegistryMirrorConfig */
    {K_endpoints, T_list_of_string, 0}, {K_overridePath, T_bool, SCHEMA_POINTER},
    {K_skipFallback, T_bool, SCHEMA_POINTER},
    /* v1alpha1.RegistryConfig */
    {K_tls, T_v1alpha1_RegistryTLSConfig, SCHEMA_POINTER}, {K_auth, T_v1alpha1_RegistryAuthConfig, SCHEMA_POINTER},
    /* v1alpha1.RegistryTLSConfig */
    {K_clientIdentity, T_x509_PEMEncodedCertificateAndKey, SCHEMA_POINTER}, {K_ca, T_v1alpha1_Base64Bytes, 0},
    {K_insecureSkipVerify, T_bool, SCHEMA_POINTER},
    /* v1alpha1.RegistryAuthConfig */
    {K_username, T_string, 0}, {K_password, T_string, 0}, {K_auth, T_string, 0}, {K_identityToken, T_string, 0},
    /* v1alpha1.SystemDiskEncryptionConfig */
    {K_state, T_v1alpha1_EncryptionConfig, SCHEMA_POINTER}, {K_ephemeral, T_v1alpha1_EncryptionConfig, SCHEMA_POINTER},
    /* v1alpha1.EncryptionConfig */
    {K_provider, T_string, 0}, {K_keys, T_list_of_v1alpha1_EncryptionKey, 0}, {K_cipher, T_string, 0},
    {K_keySize, T_uint, 0}, {K_blockSize, T_uint, 0}, {K_options, T_list_of_string, 0},
    /* v1alpha1.EncryptionKey */
    {K_static, T_v1alpha1_EncryptionKeyStatic, SCHEMA_POINTER},
    {K_nodeID, T_v1alpha1_EncryptionKeyNodeID, SCHEMA_POINTER}, {K_kms, T_v1alpha1_EncryptionKeyKMS, SCHEMA_POINTER},
    {K_slot, T_int, 0}, {K_tpm, T_v1alpha1_EncryptionKeyTPM, SCHEMA_POINTER},
    /* v1alpha1.EncryptionKeyStatic */
    {K_passphrase, T_string, 0},
    /* v1alpha1.EncryptionKeyKMS */
    {K_endpoint, T_string, 0},
    /* v1alpha1.EncryptionKeyTPM */
    {K_checkSecurebootStatusOnEnroll, T_bool, SCHEMA_POINTER},
    /* v1alpha1.FeaturesConfig */
    {K_rbac, T_bool, SCHEMA_POINTER}, {K_stableHostname, T_bool, SCHEMA_POINTER},
    {K_kubernetesTalosAPIAccess, T_v1alpha1_KubernetesTalosAPIAccessConfig, SCHEMA_POINTER},
    {K_apidCheckExtKeyUsage, T_bool, SCHEMA_POINTER}, {K_diskQuotaSupport, T_bool, SCHEMA_POINTER},
    {K_kubePrism, T_v1alpha1_KubePrism, SCHEMA_POINTER}, {K_hostDNS, T_v1alpha1_HostDNSConfig, SCHEMA_POINTER},
    {K_imageCache, T_v1alpha1_ImageCacheConfig, SCHEMA_POINTER}, {K_nodeAddressSortAlgorithm, T_string, 0},
    /* v1alpha1.KubernetesTalosAPIAccessConfig */
    {K_enabled, T_bool, SCHEMA_POINTER}, {K_allowedRoles, T_list_of_string, 0},
    {K_allowedKubernetesNamespaces, T_list_of_string, 0},
    /* v1alpha1.KubePrism */
    {K_enabled, T_bool, SCHEMA_POINTER}, {K_port, T_int, 0},
    /* v1alpha1.HostDNSConfig */
    {K_enabled, T_bool, SCHEMA_POINTER}, {K_forwardKubeDNSToHost, T_bool, SCHEMA_POINTER},
    {K_resolveMemberNames, T_bool, SCHEMA_POINTER},
    /* v1alpha1.ImageCacheConfig */
    {K_localEnabled, T_bool, SCHEMA_POINTER},
    /* v1alpha1.UdevConfig */
    {K_rules, T_list_of_string, 0},
    /* v1alpha1.LoggingConfig */
    {K_destinations, T_list_of_v1alpha1_LoggingDestination, 0},
    /* v1alpha1.LoggingDestination */
    {K_endpoint, T_meta_URL, SCHEMA_POINTER}, {K_format, T_string, 0}, {K_extraTags, T_map_of_string, 0},
    /* v1alpha1.KernelConfig */
    {K_modules, T_list_of_v1alpha1_KernelModuleConfig, 0},
    /* v1alpha1.KernelModuleConfig */
    {K_name, T_string, 0}, {K_parameters, T_list_of_string, 0},
    /* v1alpha1.MachineSeccompProfile */
    {K_name, T_string, 0}, {K_value, T_meta_Unstructured, 0},
    /* v1alpha1.ClusterConfig */
    {K_id, T_string, 0}, {K_secret, T_string, 0}, {K_controlPlane, T_v1alpha1_ControlPlaneConfig, SCHEMA_POINTER},
    {K_clusterName, T_string, 0}, {K_network, T_v1alpha1_ClusterNetworkConfig, SCHEMA_POINTER}, {K_token, T_string, 0},
    {K_aescbcEncryptionSecret, T_string, 0}, {K_secretboxEncryptionSecret, T_string, 0},
    {K_ca, T_x509_PEMEncodedCertificateAndKey, SCHEMA_POINTER},
    {K_acceptedCAs, T_list_of_x509_PEMEncodedCertificate, 0},
    {K_aggregatorCA, T_x509_PEMEncodedCertificateAndKey, SCHEMA_POINTER},
    {K_serviceAccount, T_x509_PEMEncodedKey, SCHEMA_POINTER}, {K_apiServer, T_v1alpha1_APIServerConfig, SCHEMA_POINTER},
    {K_controllerManager, T_v1alpha1_ControllerManagerConfig, SCHEMA_POINTER},
    {K_proxy, T_v1alpha1_ProxyConfig, SCHEMA_POINTER}, {K_scheduler, T_v1alpha1_SchedulerConfig, SCHEMA_POINTER},
    {K_discovery, T_v1alpha1_ClusterDiscoveryConfig, SCHEMA_POINTER}, {K_etcd, T_v1alpha1_EtcdConfig, SCHEMA_POINTER},
    {K_coreDNS, T_v1alpha1_CoreDNS, SCHEMA_POINTER},
    {K_externalCloudProvider, T_v1alpha1_ExternalCloudProviderConfig, SCHEMA_POINTER},
    {K_extraManifests, T_list_of_string, 0}, {K_extraManifestHeaders, T_map_of_string, 0},
    {K_inlineManifests, T_v1alpha1_ClusterInlineManifests, 0},
    {K_adminKubeconfig, T_v1alpha1_AdminKubeconfigConfig, SCHEMA_POINTER},
    {K_allowSchedulingOnMasters, T_bool, SCHEMA_POINTER}, {K_allowSchedulingOnControlPlanes, T_bool, SCHEMA_POINTER},
    /* v1alpha1.ControlPlaneConfig */
    {K_endpoint, T_meta_URL, SCHEMA_POINTER}, {K_localAPIServerPort, T_int, 0},
    /* v1alpha1.ClusterNetworkConfig */
    {K_cni, T_v1alpha1_CNIConfig, SCHEMA_POINTER}, {K_dnsDomain, T_string, 0},
    {K_podSubnets, T_list_of_string, SCHEMA_REPLACE}, {K_serviceSubnets, T_list_of_string, SCHEMA_REPLACE},
    /* v1alpha1.CNIConfig */
    {K_name, T_string, 0}, {K_urls, T_list_of_string, 0}, {K_flannel, T_v1alpha1_FlannelCNIConfig, SCHEMA_POINTER},
    /* v1alpha1.FlannelCNIConfig */
    {K_extraArgs, T_list_of_string, 0}, {K_kubeNetworkPoliciesEnabled, T_bool, SCHEMA_POINTER},
    /* x509.PEMEncodedKey */
    {K_key, T_v1alpha1_Base64Bytes, 0},
    /* v1alpha1.APIServerConfig */
    {K_image, T_string, 0}, {K_extraArgs, T_meta_Args, 0}, {K_extraVolumes, T_list_of_v1alpha1_VolumeMountConfig, 0},
    {K_env, T_map_of_string, 0}, {K_certSANs, T_list_of_string, 0},
    {K_disablePodSecurityPolicy, T_bool, SCHEMA_POINTER}, {K_admissionControl, T_v1alpha1_AdmissionPluginConfigList, 0},
    {K_auditPolicy, T_meta_Unstructured, SCHEMA_REPLACE}, {K_resources, T_v1alpha1_ResourcesConfig, SCHEMA_POINTER},
    {K_authorizationConfig, T_v1alpha1_AuthorizationConfigAuthorizerConfigList, 0},
    /* v1alpha1.VolumeMountConfig */
    {K_hostPath, T_string, 0}, {K_mountPath, T_string, 0}, {K_readonly, T_bool, 0},
    /* v1alpha1.AdmissionPluginConfig */
    {K_name, T_string, 0}, {K_configuration, T_meta_Unstructured, 0},
    /* v1alpha1.ResourcesConfig */
    {K_requests, T_meta_Unstructured, 0}, {K_limits, T_meta_Unstructured, 0},
    /* v1alpha1.AuthorizationConfigAuthorizerConfig */
    {K_type, T_string, 0}, {K_name, T_string, 0}, {K_webhook, T_meta_Unstructured, 0},
    /* v1alpha1.ControllerManagerConfig */
    {K_image, T_string, 0}, {K_extraArgs, T_meta_Args, 0}, {K_extraVolumes, T_list_of_v1alpha1_VolumeMountConfig, 0},
    {K_env, T_map_of_string, 0}, {K_resources, T_v1alpha1_ResourcesConfig, SCHEMA_POINTER},
    /* v1alpha1.ProxyConfig */
    {K_disabled, T_bool, SCHEMA_POINTER}, {K_image, T_string, 0}, {K_mode, T_string, 0}, {K_extraArgs, T_meta_Args, 0},
    /* v1alpha1.SchedulerConfig */
    {K_image, T_string, 0}, {K_extraArgs, T_meta_Args, 0}, {K_extraVolumes, T_list_of_v1alpha1_VolumeMountConfig, 0},
    {K_env, T_map_of_string, 0}, {K_resources, T_v1alpha1_ResourcesConfig, SCHEMA_POINTER},
    {K_config, T_meta_Unstructured, 0},
    /* v1alpha1.ClusterDiscoveryConfig */
    {K_enabled, T_bool, SCHEMA_POINTER}, {K_registries, T_v1alpha1_DiscoveryRegistriesConfig, 0},
    /* v1alpha1.DiscoveryRegistriesConfig */
    {K_kubernetes, T_v1alpha1_RegistryKubernetesConfig, 0}, {K_service, T_v1alpha1_RegistryServiceConfig, 0},
    /* v1alpha1.RegistryKubernetesConfig */
    {K_disabled, T_bool, SCHEMA_POINTER},
    /* v1alpha1.RegistryServiceConfig */
    {K_disabled, T_bool, SCHEMA_POINTER}, {K_endpoint, T_string, 0},
    /* v1alpha1.EtcdConfig */
    {K_image, T_string, 0}, {K_ca, T_x509_PEMEncodedCertificateAndKey, SCHEMA_POINTER}, {K_extraArgs, T_meta_Args, 0},
    {K_subnet, T_string, 0}, {K_advertisedSubnets, T_list_of_string, 0}, {K_listenSubnets, T_list_of_string, 0},
    /* v1alpha1.CoreDNS */
    {K_disabled, T_bool, SCHEMA_POINTER}, {K_image, T_string, 0},
    /* v1alpha1.ExternalCloudProviderConfig */
    {K_enabled, T_bool, SCHEMA_POINTER}, {K_manifests, T_list_of_string, 0},
    /* v1alpha1.ClusterInlineManifest */
    {K_name, T_string, 0}, {K_contents, T_string, 0},
    /* v1alpha1.AdminKubeconfigConfig */
    {K_certLifetime, T_time_Duration, 0},
};

const struct source_type source_types[] = {
    [T_network_BGPInstanceConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 0, .count = 13},
    [T_string] = {.node = SCHEMA_SCALAR, .form = FORM_TEXT},
    [T_uint32] = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = 32},
    [T_meta_Addr] = {.node = SCHEMA_SCALAR, .form = FORM_ADDR},
    [T_list_of_string] = {.node = SCHEMA_LIST, .elem = {0, T_string, 0}},
    [T_bool] = {.node = SCHEMA_SCALAR, .form = FORM_BOOL},
    [T_uint8] = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = 8},
    [T_list_of_network_BGPImportRoute] = {.node = SCHEMA_LIST, .elem = {0, T_network_BGPImportRoute, 0}},
    [T_network_BGPImportRoute] = {.node = SCHEMA_STRUCT, .first = 13, .count = 2},
    [T_list_of_meta_Prefix] = {.node = SCHEMA_LIST, .elem = {0, T_meta_Prefix, 0}},
    [T_meta_Prefix] = {.node = SCHEMA_SCALAR, .form = FORM_PREFIX},
    [T_list_of_network_BGPNeighborConfig] = {.node = SCHEMA_LIST, .elem = {0, T_network_BGPNeighborConfig, 0}},
    [T_network_BGPNeighborConfig] = {.node = SCHEMA_STRUCT, .first = 15, .count = 7},
    [T_time_Duration] = {.node = SCHEMA_SCALAR, .form = FORM_DURATION},
    [T_network_BGPBFDConfig] = {.node = SCHEMA_STRUCT, .first = 22, .count = 3},
    [T_network_BlackholeRouteConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 25, .count = 4},
    [T_network_BondConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 29, .count = 37},
    [T_nethelpers_HardwareAddr] = {.node = SCHEMA_SCALAR, .form = FORM_MAC},
    [T_nethelpers_BondMode] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "balance-rr,active-backup,balance-xor,broadcast,802.3ad,balance-tlb,balance-alb"},
    [T_nethelpers_BondXmitHashPolicy] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "layer2,layer3+4,layer2+3,encap2+3,encap3+4"},
    [T_list_of_netip_Addr] = {.node = SCHEMA_LIST, .elem = {0, T_netip_Addr, 0}},
    [T_netip_Addr] = {.node = SCHEMA_SCALAR, .form = FORM_ADDR, .merge = MERGE_FIXED},
    [T_nethelpers_ARPValidate] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "none,active,backup,all,filter,filter-active,filter-backup"},
    [T_nethelpers_ARPAllTargets] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "any,all"},
    [T_nethelpers_LACPRate] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "slow,fast"},
    [T_nethelpers_FailOverMAC] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .exact = true, .empty = true, .words = "none,active,follow"},
    [T_nethelpers_ADSelect] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "stable,bandwidth,count"},
    [T_uint16] = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = 16},
    [T_nethelpers_ADLACPActive] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "off,on"},
    [T_nethelpers_PrimaryReselect] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "always,better,failure"},
    [T_list_of_network_AddressConfig] = {.node = SCHEMA_LIST, .elem = {0, T_network_AddressConfig, 0}},
    [T_network_AddressConfig] = {.node = SCHEMA_STRUCT, .first = 66, .count = 2},
    [T_netip_Prefix] = {.node = SCHEMA_SCALAR, .form = FORM_PREFIX, .merge = MERGE_FIXED},
    [T_list_of_network_RouteConfig] = {.node = SCHEMA_LIST, .elem = {0, T_network_RouteConfig, 0}},
    [T_network_RouteConfig] = {.node = SCHEMA_STRUCT, .first = 68, .count = 6},
    [T_nethelpers_RoutingTable] = {.node = SCHEMA_SCALAR, .form = FORM_TABLE},
    [T_network_BridgeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 74, .count = 12},
    [T_network_BridgeSTPConfig] = {.node = SCHEMA_STRUCT, .first = 86, .count = 1},
    [T_network_BridgeVLANConfig] = {.node = SCHEMA_STRUCT, .first = 87, .count = 1},
    [T_cri_CRIBaseRuntimeSpecConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 88, .count = 3},
    [T_meta_Unstructured] = {.node = SCHEMA_MAP, .elem = {0, T_interface, 0}},
    [T_interface] = {.node = SCHEMA_ANY},
    [T_cri_CRICustomizationConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 91, .count = 4},
    [T_container_ContainerConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 95, .count = 14},
    [T_container_ContainerRunAs] = {.node = SCHEMA_STRUCT, .first = 109, .count = 2},
    [T_int32] = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = -32},
    [T_list_of_container_ContainerMount] = {.node = SCHEMA_LIST, .elem = {0, T_container_ContainerMount, 0}},
    [T_container_ContainerMount] = {.node = SCHEMA_STRUCT, .first = 111, .count = 3},
    [T_container_UserVolumeMount] = {.node = SCHEMA_STRUCT, .first = 114, .count = 3},
    [T_container_TmpfsMount] = {.node = SCHEMA_STRUCT, .first = 117, .count = 3},
    [T_container_HostPathMount] = {.node = SCHEMA_STRUCT, .first = 120, .count = 3},
    [T_container_ContainerSecurity] = {.node = SCHEMA_STRUCT, .first = 123, .count = 3},
    [T_container_ContainerCapabilities] = {.node = SCHEMA_STRUCT, .first = 126, .count = 2},
    [T_container_ContainerNetwork] = {.node = SCHEMA_STRUCT, .first = 128, .count = 1},
    [T_container_ContainerResources] = {.node = SCHEMA_STRUCT, .first = 129, .count = 1},
    [T_container_ContainerResourceLimits] = {.node = SCHEMA_STRUCT, .first = 130, .count = 2},
    [T_container_ContainerDependsOn] = {.node = SCHEMA_STRUCT, .first = 132, .count = 4},
    [T_network_DHCPv4ConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 136, .count = 8},
    [T_nethelpers_ClientIdentifier] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "none,mac,duid"},
    [T_network_DHCPv6ConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 144, .count = 7},
    [T_cluster_DiscoveryIdentityConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 151, .count = 4},
    [T_cluster_DiscoveryServiceConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 155, .count = 4},
    [T_meta_URL] = {.node = SCHEMA_SCALAR, .form = FORM_URL, .merge = MERGE_URL},
    [T_network_DummyLinkConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 159, .count = 9},
    [T_runtime_EnvironmentV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 168, .count = 3},
    [T_map_of_string] = {.node = SCHEMA_MAP, .elem = {0, T_string, 0}},
    [T_runtime_EtcFileConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 171, .count = 5},
    [T_runtime_EtcFileMode] = {.node = SCHEMA_SCALAR, .form = FORM_MODE},
    [T_network_EthernetConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 176, .count = 7},
    [T_map_of_bool] = {.node = SCHEMA_MAP, .elem = {0, T_bool, 0}},
    [T_network_EthernetRingsConfig] = {.node = SCHEMA_STRUCT, .first = 183, .count = 10},
    [T_network_EthernetChannelsConfig] = {.node = SCHEMA_STRUCT, .first = 193, .count = 4},
    [T_list_of_nethelpers_WOLMode] = {.node = SCHEMA_LIST, .elem = {0, T_nethelpers_WOLMode, 0}},
    [T_nethelpers_WOLMode] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .words = "phy,unicast,multicast,broadcast,magic,magicsecure,filter"},
    [T_runtime_EventSinkV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 197, .count = 3},
    [T_block_ExistingVolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 200, .count = 7},
    [T_block_VolumeDiscoverySpec] = {.node = SCHEMA_STRUCT, .first = 207, .count = 1},
    [T_block_VolumeSelector] = {.node = SCHEMA_STRUCT, .first = 208, .count = 1},
    [T_cel_Expression] = {.node = SCHEMA_SCALAR, .form = FORM_CEL, .merge = MERGE_COPY},
    [T_block_ExistingMountSpec] = {.node = SCHEMA_STRUCT, .first = 209, .count = 3},
    [T_block_TrimConfig] = {.node = SCHEMA_STRUCT, .first = 212, .count = 2},
    [T_block_ScrubConfig] = {.node = SCHEMA_STRUCT, .first = 214, .count = 2},
    [T_extensions_ServiceConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 216, .count = 5},
    [T_extensions_ConfigFileList] = {.node = SCHEMA_LIST, .merge = MERGE_KEYED, .key = "mountPath", .elem = {0, T_extensions_ConfigFile, 0}},
    [T_extensions_ConfigFile] = {.node = SCHEMA_STRUCT, .first = 221, .count = 2},
    [T_block_ExternalVolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 223, .count = 5},
    [T_block_FilesystemType] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "none,xfs,vfat,ext4,iso9660,swapi,virtiofs,btrfs"},
    [T_block_ExternalMountSpec] = {.node = SCHEMA_STRUCT, .first = 228, .count = 4},
    [T_block_VirtiofsMountSpec] = {.node = SCHEMA_STRUCT, .first = 232, .count = 1},
    [T_block_FilesystemScrubConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 233, .count = 3},
    [T_block_FilesystemTrimConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 236, .count = 3},
    [T_network_HCloudVIPConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 239, .count = 5},
    [T_network_HTTPProbeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 244, .count = 7},
    [T_int] = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = -64},
    [T_network_HostnameConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 251, .count = 4},
    [T_nethelpers_AutoHostnameKind] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "off,talos-addr,stable"},
    [T_cri_ImageCacheConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 255, .count = 3},
    [T_cri_LocalImageCacheConfig] = {.node = SCHEMA_STRUCT, .first = 258, .count = 1},
    [T_security_ImageVerificationConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 259, .count = 3},
    [T_security_ImageVerificationRules] = {.node = SCHEMA_LIST, .merge = MERGE_KEYED_WHOLE, .key = "image", .elem = {0, T_security_ImageVerificationRuleV1Alpha1, 0}},
    [T_security_ImageVerificationRuleV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 262, .count = 5},
    [T_security_ImageKeylessVerifierV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 267, .count = 3},
    [T_security_ImagePublicKeyVerifierV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 270, .count = 1},
    [T_runtime_KernelModuleConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 271, .count = 4},
    [T_runtime_KmsgLogV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 275, .count = 4},
    [T_k8s_KubeAPIServerCAConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 279, .count = 4},
    [T_meta_CertificateAndKey] = {.node = SCHEMA_STRUCT, .first = 283, .count = 2},
    [T_k8s_KubeAPIServerConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 285, .count = 9},
    [T_meta_Args] = {.node = SCHEMA_MAP, .merge = MERGE_ARGUMENTS, .elem = {0, T_meta_ArgValue, 0}},
    [T_meta_ArgValue] = {.node = SCHEMA_ANY, .form = FORM_ARGUMENT},
    [T_k8s_ResourcesConfig] = {.node = SCHEMA_STRUCT, .first = 294, .count = 2},
    [T_k8s_KubeAdmissionControlConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 296, .count = 4},
    [T_k8s_KubeAggregatorCAConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 300, .count = 4},
    [T_k8s_KubeAuditPolicyConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 304, .count = 3},
    [T_k8s_KubeAuthenticationConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 307, .count = 3},
    [T_k8s_KubeAuthorizerConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 310, .count = 5},
    [T_k8s_KubeClusterConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 315, .count = 4},
    [T_k8s_KubeControllerManagerConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 319, .count = 7},
    [T_k8s_KubeCoreDNSConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 326, .count = 4},
    [T_k8s_KubeCredentialProviderConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 330, .count = 3},
    [T_k8s_KubeEtcdEncryptionConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 333, .count = 3},
    [T_k8s_KubeExternalManifestConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 336, .count = 5},
    [T_k8s_KubeFlannelCNIConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 341, .count = 9},
    [T_k8s_KubeInlineManifestConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 350, .count = 4},
    [T_k8s_KubeNetworkConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 354, .count = 7},
    [T_k8s_KubeNodeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 361, .count = 8},
    [T_k8s_NodeIPConfig] = {.node = SCHEMA_STRUCT, .first = 369, .count = 1},
    [T_k8s_KubePrismConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 370, .count = 4},
    [T_k8s_KubeProxyConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 374, .count = 8},
    [T_k8s_KubeSchedulerConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 382, .count = 8},
    [T_k8s_KubeServiceAccountConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 390, .count = 4},
    [T_k8s_IssuerServiceAccountConfig] = {.node = SCHEMA_STRUCT, .first = 394, .count = 2},
    [T_k8s_AcceptedServiceAccountConfig] = {.node = SCHEMA_STRUCT, .first = 396, .count = 3},
    [T_list_of_meta_URL] = {.node = SCHEMA_LIST, .elem = {0, T_meta_URL, 0}},
    [T_network_KubeSpanConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 399, .count = 8},
    [T_network_KubeSpanFiltersConfig] = {.node = SCHEMA_STRUCT, .first = 407, .count = 2},
    [T_network_KubespanEndpointsConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 409, .count = 3},
    [T_list_of_netip_AddrPort] = {.node = SCHEMA_LIST, .elem = {0, T_netip_AddrPort, 0}},
    [T_netip_AddrPort] = {.node = SCHEMA_SCALAR, .form = FORM_ADDRPORT, .merge = MERGE_FIXED},
    [T_k8s_KubeStaticPodConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 412, .count = 4},
    [T_k8s_KubeTalosAPIAccessConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 416, .count = 4},
    [T_k8s_KubeletConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 420, .count = 7},
    [T_storage_LVMLogicalVolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 427, .count = 7},
    [T_storage_LVMLogicalVolumeType] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "linear,raid1,raid0,raid10"},
    [T_storage_LVMLogicalVolumeProvisioningSpec] = {.node = SCHEMA_STRUCT, .first = 434, .count = 3},
    [T_block_ByteSize] = {.node = SCHEMA_SCALAR, .form = FORM_BYTES, .merge = MERGE_COPY},
    [T_block_Size] = {.node = SCHEMA_SCALAR, .form = FORM_SIZE, .merge = MERGE_SIZE},
    [T_storage_LVMVolumeGroupConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 437, .count = 4},
    [T_storage_ProvisioningSpec] = {.node = SCHEMA_STRUCT, .first = 441, .count = 1},
    [T_storage_LVMVolumeSelectorSpec] = {.node = SCHEMA_STRUCT, .first = 442, .count = 1},
    [T_network_Layer2VIPConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 443, .count = 4},
    [T_network_LinkAliasConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 447, .count = 4},
    [T_network_LinkSelector] = {.node = SCHEMA_STRUCT, .first = 451, .count = 1},
    [T_network_LinkConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 452, .count = 8},
    [T_network_DefaultActionConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 460, .count = 3},
    [T_nethelpers_DefaultAction] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "accept,block"},
    [T_network_RuleConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 463, .count = 5},
    [T_network_RulePortSelector] = {.node = SCHEMA_STRUCT, .first = 468, .count = 2},
    [T_network_PortRanges] = {.node = SCHEMA_LIST, .elem = {0, T_network_PortRange, 0}},
    [T_network_PortRange] = {.node = SCHEMA_SCALAR, .form = FORM_PORTS},
    [T_nethelpers_Protocol] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .words = "icmp,tcp,udp,icmpv6"},
    [T_network_IngressConfig] = {.node = SCHEMA_LIST, .elem = {0, T_network_IngressRule, 0}},
    [T_network_IngressRule] = {.node = SCHEMA_STRUCT, .first = 470, .count = 2},
    [T_runtime_OOMV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 472, .count = 6},
    [T_hardware_PCIDriverRebindConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 478, .count = 4},
    [T_storage_RAIDArrayConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 482, .count = 6},
    [T_storage_MDLevel] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "raid1"},
    [T_storage_MDMetadata] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "1.0,1.2"},
    [T_storage_RAIDProvisioningSpec] = {.node = SCHEMA_STRUCT, .first = 488, .count = 1},
    [T_storage_RAIDVolumeSelector] = {.node = SCHEMA_STRUCT, .first = 489, .count = 1},
    [T_block_RawVolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 490, .count = 5},
    [T_block_ProvisioningSpec] = {.node = SCHEMA_STRUCT, .first = 495, .count = 4},
    [T_block_DiskSelector] = {.node = SCHEMA_STRUCT, .first = 499, .count = 1},
    [T_block_EncryptionSpec] = {.node = SCHEMA_STRUCT, .first = 500, .count = 7},
    [T_block_EncryptionProviderType] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "none,luks2"},
    [T_list_of_block_EncryptionKey] = {.node = SCHEMA_LIST, .elem = {0, T_block_EncryptionKey, 0}},
    [T_block_EncryptionKey] = {.node = SCHEMA_STRUCT, .first = 507, .count = 6},
    [T_block_EncryptionKeyStatic] = {.node = SCHEMA_STRUCT, .first = 513, .count = 1},
    [T_block_EncryptionKeyNodeID] = {.node = SCHEMA_STRUCT},
    [T_block_EncryptionKeyKMS] = {.node = SCHEMA_STRUCT, .first = 514, .count = 1},
    [T_block_EncryptionKeyTPM] = {.node = SCHEMA_STRUCT, .first = 515, .count = 2},
    [T_block_EncryptionKeyTPMOptions] = {.node = SCHEMA_STRUCT, .first = 517, .count = 1},
    [T_list_of_int] = {.node = SCHEMA_LIST, .elem = {0, T_int, 0}},
    [T_uint] = {.node = SCHEMA_SCALAR, .form = FORM_INT, .bits = 64},
    [T_cri_RegistryAuthConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 518, .count = 7},
    [T_cri_RegistryMirrorConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 525, .count = 5},
    [T_list_of_cri_RegistryEndpoint] = {.node = SCHEMA_LIST, .elem = {0, T_cri_RegistryEndpoint, 0}},
    [T_cri_RegistryEndpoint] = {.node = SCHEMA_STRUCT, .first = 530, .count = 2},
    [T_cri_RegistryTLSConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 532, .count = 6},
    [T_meta_CertificateAndKey_2] = {.node = SCHEMA_STRUCT, .first = 538, .count = 2},
    [T_network_ResolverConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 540, .count = 5},
    [T_list_of_network_NameserverConfig] = {.node = SCHEMA_LIST, .elem = {0, T_network_NameserverConfig, 0}},
    [T_network_NameserverConfig] = {.node = SCHEMA_STRUCT, .first = 545, .count = 3},
    [T_nethelpers_DNSProtocol] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "Do53,DoT,DoH"},
    [T_network_SearchDomainsConfig] = {.node = SCHEMA_STRUCT, .first = 548, .count = 2},
    [T_network_HostDNSConfig] = {.node = SCHEMA_STRUCT, .first = 550, .count = 3},
    [T_network_RoutingRuleConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 553, .count = 11},
    [T_nethelpers_RoutingRuleAction] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "unspec,unicast,blackhole,unreachable,prohibit"},
    [T_runtime_SecurityProfileConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 564, .count = 3},
    [T_siderolink_ConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 567, .count = 4},
    [T_network_StaticHostConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 571, .count = 4},
    [T_block_SwapVolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 575, .count = 5},
    [T_runtime_SysctlConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 580, .count = 3},
    [T_runtime_SysfsConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 583, .count = 3},
    [T_network_TCPProbeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 586, .count = 7},
    [T_network_TimeSyncConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 593, .count = 6},
    [T_network_NTPConfig] = {.node = SCHEMA_STRUCT, .first = 599, .count = 2},
    [T_network_PTPConfig] = {.node = SCHEMA_STRUCT, .first = 601, .count = 1},
    [T_security_TrustedRootsConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 602, .count = 4},
    [T_runtime_UdevRulesConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 606, .count = 3},
    [T_runtime_UnattendedInstallConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 609, .count = 5},
    [T_runtime_InstallerSpec] = {.node = SCHEMA_STRUCT, .first = 614, .count = 1},
    [T_runtime_ProvisioningSpec] = {.node = SCHEMA_STRUCT, .first = 615, .count = 2},
    [T_runtime_DiskSelectorSpec] = {.node = SCHEMA_STRUCT, .first = 617, .count = 1},
    [T_block_UserVolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 618, .count = 10},
    [T_block_VolumeType] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .zero = true, .words = "partition,disk,tmpfs,directory,symlink,overlay,external"},
    [T_block_FilesystemSpec] = {.node = SCHEMA_STRUCT, .first = 628, .count = 3},
    [T_block_XFSSpec] = {.node = SCHEMA_STRUCT, .first = 631, .count = 1},
    [T_block_UserMountSpec] = {.node = SCHEMA_STRUCT, .first = 632, .count = 2},
    [T_network_VLANConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 634, .count = 11},
    [T_nethelpers_VLANProtocol] = {.node = SCHEMA_SCALAR, .form = FORM_ENUM, .words = "802.1q,802.1ad"},
    [T_network_VRFConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 645, .count = 11},
    [T_network_VethConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 656, .count = 9},
    [T_network_VethPeerConfig] = {.node = SCHEMA_STRUCT, .first = 665, .count = 6},
    [T_list_of_network_AddressConfig_2] = {.node = SCHEMA_LIST, .elem = {0, T_network_AddressConfig_2, 0}},
    [T_network_AddressConfig_2] = {.node = SCHEMA_STRUCT, .first = 671, .count = 2},
    [T_list_of_network_RouteConfig_2] = {.node = SCHEMA_LIST, .elem = {0, T_network_RouteConfig_2, 0}},
    [T_network_RouteConfig_2] = {.node = SCHEMA_STRUCT, .first = 673, .count = 6},
    [T_block_VolumeConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 679, .count = 9},
    [T_block_SystemVolumeFilesystemSpec] = {.node = SCHEMA_STRUCT, .first = 688, .count = 1},
    [T_block_MountSpec] = {.node = SCHEMA_STRUCT, .first = 689, .count = 2},
    [T_runtime_WatchdogTimerV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 691, .count = 4},
    [T_network_WireguardConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 695, .count = 12},
    [T_list_of_network_WireguardPeer] = {.node = SCHEMA_LIST, .elem = {0, T_network_WireguardPeer, 0}},
    [T_network_WireguardPeer] = {.node = SCHEMA_STRUCT, .first = 707, .count = 5},
    [T_meta_AddrPort] = {.node = SCHEMA_SCALAR, .form = FORM_ADDRPORT},
    [T_block_ZswapConfigV1Alpha1] = {.node = SCHEMA_STRUCT, .first = 712, .count = 4},
    [T_v1alpha1_Config] = {.node = SCHEMA_STRUCT, .first = 716, .count = 5},
    [T_v1alpha1_MachineConfig] = {.node = SCHEMA_STRUCT, .first = 721, .count = 27},
    [T_x509_PEMEncodedCertificateAndKey] = {.node = SCHEMA_STRUCT, .merge = MERGE_WHOLE, .first = 748, .count = 2},
    [T_v1alpha1_Base64Bytes] = {.node = SCHEMA_SCALAR, .form = FORM_BASE64},
    [T_list_of_x509_PEMEncodedCertificate] = {.node = SCHEMA_LIST, .elem = {0, T_x509_PEMEncodedCertificate, SCHEMA_POINTER}},
    [T_x509_PEMEncodedCertificate] = {.node = SCHEMA_STRUCT, .merge = MERGE_WHOLE, .first = 750, .count = 1},
    [T_v1alpha1_MachineControlPlaneConfig] = {.node = SCHEMA_STRUCT, .first = 751, .count = 2},
    [T_v1alpha1_MachineControllerManagerConfig] = {.node = SCHEMA_STRUCT, .first = 753, .count = 1},
    [T_v1alpha1_MachineSchedulerConfig] = {.node = SCHEMA_STRUCT, .first = 754, .count = 1},
    [T_v1alpha1_KubeletConfig] = {.node = SCHEMA_STRUCT, .first = 755, .count = 11},
    [T_list_of_v1alpha1_ExtraMount] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_ExtraMount, 0}},
    [T_v1alpha1_ExtraMount] = {.node = SCHEMA_STRUCT, .first = 766, .count = 6},
    [T_list_of_v1alpha1_LinuxIDMapping] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_LinuxIDMapping, 0}},
    [T_v1alpha1_LinuxIDMapping] = {.node = SCHEMA_STRUCT, .first = 772, .count = 3},
    [T_v1alpha1_KubeletNodeIPConfig] = {.node = SCHEMA_STRUCT, .first = 775, .count = 1},
    [T_list_of_meta_Unstructured] = {.node = SCHEMA_LIST, .elem = {0, T_meta_Unstructured, 0}},
    [T_v1alpha1_NetworkConfig] = {.node = SCHEMA_STRUCT, .first = 776, .count = 7},
    [T_v1alpha1_NetworkDeviceList] = {.node = SCHEMA_LIST, .merge = MERGE_KEYED, .key = "interface", .elem = {0, T_v1alpha1_Device, SCHEMA_POINTER}},
    [T_v1alpha1_Device] = {.node = SCHEMA_STRUCT, .first = 783, .count = 16},
    [T_v1alpha1_NetworkDeviceSelector] = {.node = SCHEMA_STRUCT, .first = 799, .count = 6},
    [T_list_of_v1alpha1_Route] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_Route, SCHEMA_POINTER}},
    [T_v1alpha1_Route] = {.node = SCHEMA_STRUCT, .first = 805, .count = 5},
    [T_v1alpha1_Bond] = {.node = SCHEMA_STRUCT, .first = 810, .count = 28},
    [T_list_of_v1alpha1_NetworkDeviceSelector] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_NetworkDeviceSelector, 0}},
    [T_v1alpha1_Bridge] = {.node = SCHEMA_STRUCT, .first = 838, .count = 3},
    [T_v1alpha1_STP] = {.node = SCHEMA_STRUCT, .first = 841, .count = 1},
    [T_v1alpha1_BridgeVLAN] = {.node = SCHEMA_STRUCT, .first = 842, .count = 1},
    [T_v1alpha1_BridgePort] = {.node = SCHEMA_STRUCT, .first = 843, .count = 1},
    [T_v1alpha1_VlanList] = {.node = SCHEMA_LIST, .merge = MERGE_KEYED, .key = "vlanId", .elem = {0, T_v1alpha1_Vlan, SCHEMA_POINTER}},
    [T_v1alpha1_Vlan] = {.node = SCHEMA_STRUCT, .first = 844, .count = 8},
    [T_v1alpha1_DeviceVIPConfig] = {.node = SCHEMA_STRUCT, .first = 852, .count = 3},
    [T_v1alpha1_VIPEquinixMetalConfig] = {.node = SCHEMA_STRUCT, .first = 855, .count = 1},
    [T_v1alpha1_VIPHCloudConfig] = {.node = SCHEMA_STRUCT, .first = 856, .count = 1},
    [T_v1alpha1_DHCPOptions] = {.node = SCHEMA_STRUCT, .first = 857, .count = 4},
    [T_v1alpha1_DeviceWireguardConfig] = {.node = SCHEMA_STRUCT, .first = 861, .count = 4},
    [T_list_of_v1alpha1_DeviceWireguardPeer] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_DeviceWireguardPeer, SCHEMA_POINTER}},
    [T_v1alpha1_DeviceWireguardPeer] = {.node = SCHEMA_STRUCT, .first = 865, .count = 4},
    [T_list_of_v1alpha1_ExtraHost] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_ExtraHost, SCHEMA_POINTER}},
    [T_v1alpha1_ExtraHost] = {.node = SCHEMA_STRUCT, .first = 869, .count = 2},
    [T_v1alpha1_NetworkKubeSpan] = {.node = SCHEMA_STRUCT, .first = 871, .count = 6},
    [T_v1alpha1_KubeSpanFilters] = {.node = SCHEMA_STRUCT, .first = 877, .count = 2},
    [T_list_of_v1alpha1_MachineDisk] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_MachineDisk, SCHEMA_POINTER}},
    [T_v1alpha1_MachineDisk] = {.node = SCHEMA_STRUCT, .first = 879, .count = 2},
    [T_list_of_v1alpha1_DiskPartition] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_DiskPartition, SCHEMA_POINTER}},
    [T_v1alpha1_DiskPartition] = {.node = SCHEMA_STRUCT, .first = 881, .count = 2},
    [T_v1alpha1_DiskSize] = {.node = SCHEMA_SCALAR, .form = FORM_DISK_SIZE},
    [T_v1alpha1_InstallConfig] = {.node = SCHEMA_STRUCT, .first = 883, .count = 9},
    [T_v1alpha1_InstallDiskSelector] = {.node = SCHEMA_STRUCT, .first = 892, .count = 9},
    [T_v1alpha1_InstallDiskSizeMatcher] = {.node = SCHEMA_SCALAR, .form = FORM_DISK_MATCH, .merge = MERGE_FIXED},
    [T_list_of_v1alpha1_InstallExtensionConfig] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_InstallExtensionConfig, 0}},
    [T_v1alpha1_InstallExtensionConfig] = {.node = SCHEMA_STRUCT, .first = 901, .count = 1},
    [T_list_of_v1alpha1_MachineFile] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_MachineFile, SCHEMA_POINTER}},
    [T_v1alpha1_MachineFile] = {.node = SCHEMA_STRUCT, .first = 902, .count = 4},
    [T_v1alpha1_TimeConfig] = {.node = SCHEMA_STRUCT, .first = 906, .count = 3},
    [T_v1alpha1_RegistriesConfig] = {.node = SCHEMA_STRUCT, .first = 909, .count = 2},
    [T_map_of_v1alpha1_RegistryMirrorConfig] = {.node = SCHEMA_MAP, .elem = {0, T_v1alpha1_RegistryMirrorConfig, SCHEMA_POINTER}},
    [T_v1alpha1_RegistryMirrorConfig] = {.node = SCHEMA_STRUCT, .first = 911, .count = 3},
    [T_map_of_v1alpha1_RegistryConfig] = {.node = SCHEMA_MAP, .elem = {0, T_v1alpha1_RegistryConfig, SCHEMA_POINTER}},
    [T_v1alpha1_RegistryConfig] = {.node = SCHEMA_STRUCT, .first = 914, .count = 2},
    [T_v1alpha1_RegistryTLSConfig] = {.node = SCHEMA_STRUCT, .first = 916, .count = 3},
    [T_v1alpha1_RegistryAuthConfig] = {.node = SCHEMA_STRUCT, .first = 919, .count = 4},
    [T_v1alpha1_SystemDiskEncryptionConfig] = {.node = SCHEMA_STRUCT, .first = 923, .count = 2},
    [T_v1alpha1_EncryptionConfig] = {.node = SCHEMA_STRUCT, .first = 925, .count = 6},
    [T_list_of_v1alpha1_EncryptionKey] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_EncryptionKey, SCHEMA_POINTER}},
    [T_v1alpha1_EncryptionKey] = {.node = SCHEMA_STRUCT, .first = 931, .count = 5},
    [T_v1alpha1_EncryptionKeyStatic] = {.node = SCHEMA_STRUCT, .first = 936, .count = 1},
    [T_v1alpha1_EncryptionKeyNodeID] = {.node = SCHEMA_STRUCT},
    [T_v1alpha1_EncryptionKeyKMS] = {.node = SCHEMA_STRUCT, .first = 937, .count = 1},
    [T_v1alpha1_EncryptionKeyTPM] = {.node = SCHEMA_STRUCT, .first = 938, .count = 1},
    [T_v1alpha1_FeaturesConfig] = {.node = SCHEMA_STRUCT, .first = 939, .count = 9},
    [T_v1alpha1_KubernetesTalosAPIAccessConfig] = {.node = SCHEMA_STRUCT, .first = 948, .count = 3},
    [T_v1alpha1_KubePrism] = {.node = SCHEMA_STRUCT, .first = 951, .count = 2},
    [T_v1alpha1_HostDNSConfig] = {.node = SCHEMA_STRUCT, .first = 953, .count = 3},
    [T_v1alpha1_ImageCacheConfig] = {.node = SCHEMA_STRUCT, .first = 956, .count = 1},
    [T_v1alpha1_UdevConfig] = {.node = SCHEMA_STRUCT, .first = 957, .count = 1},
    [T_v1alpha1_LoggingConfig] = {.node = SCHEMA_STRUCT, .first = 958, .count = 1},
    [T_list_of_v1alpha1_LoggingDestination] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_LoggingDestination, 0}},
    [T_v1alpha1_LoggingDestination] = {.node = SCHEMA_STRUCT, .first = 959, .count = 3},
    [T_v1alpha1_KernelConfig] = {.node = SCHEMA_STRUCT, .first = 962, .count = 1},
    [T_list_of_v1alpha1_KernelModuleConfig] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_KernelModuleConfig, SCHEMA_POINTER}},
    [T_v1alpha1_KernelModuleConfig] = {.node = SCHEMA_STRUCT, .first = 963, .count = 2},
    [T_list_of_v1alpha1_MachineSeccompProfile] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_MachineSeccompProfile, SCHEMA_POINTER}},
    [T_v1alpha1_MachineSeccompProfile] = {.node = SCHEMA_STRUCT, .first = 965, .count = 2},
    [T_v1alpha1_ClusterConfig] = {.node = SCHEMA_STRUCT, .first = 967, .count = 26},
    [T_v1alpha1_ControlPlaneConfig] = {.node = SCHEMA_STRUCT, .first = 993, .count = 2},
    [T_v1alpha1_ClusterNetworkConfig] = {.node = SCHEMA_STRUCT, .first = 995, .count = 4},
    [T_v1alpha1_CNIConfig] = {.node = SCHEMA_STRUCT, .first = 999, .count = 3},
    [T_v1alpha1_FlannelCNIConfig] = {.node = SCHEMA_STRUCT, .first = 1002, .count = 2},
    [T_x509_PEMEncodedKey] = {.node = SCHEMA_STRUCT, .merge = MERGE_WHOLE, .first = 1004, .count = 1},
    [T_v1alpha1_APIServerConfig] = {.node = SCHEMA_STRUCT, .first = 1005, .count = 10},
    [T_list_of_v1alpha1_VolumeMountConfig] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_VolumeMountConfig, 0}},
    [T_v1alpha1_VolumeMountConfig] = {.node = SCHEMA_STRUCT, .first = 1015, .count = 3},
    [T_v1alpha1_AdmissionPluginConfigList] = {.node = SCHEMA_LIST, .merge = MERGE_KEYED, .key = "name", .elem = {0, T_v1alpha1_AdmissionPluginConfig, SCHEMA_POINTER}},
    [T_v1alpha1_AdmissionPluginConfig] = {.node = SCHEMA_STRUCT, .first = 1018, .count = 2},
    [T_v1alpha1_ResourcesConfig] = {.node = SCHEMA_STRUCT, .first = 1020, .count = 2},
    [T_v1alpha1_AuthorizationConfigAuthorizerConfigList] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_AuthorizationConfigAuthorizerConfig, SCHEMA_POINTER}},
    [T_v1alpha1_AuthorizationConfigAuthorizerConfig] = {.node = SCHEMA_STRUCT, .first = 1022, .count = 3},
    [T_v1alpha1_ControllerManagerConfig] = {.node = SCHEMA_STRUCT, .first = 1025, .count = 5},
    [T_v1alpha1_ProxyConfig] = {.node = SCHEMA_STRUCT, .first = 1030, .count = 4},
    [T_v1alpha1_SchedulerConfig] = {.node = SCHEMA_STRUCT, .first = 1034, .count = 6},
    [T_v1alpha1_ClusterDiscoveryConfig] = {.node = SCHEMA_STRUCT, .first = 1040, .count = 2},
    [T_v1alpha1_DiscoveryRegistriesConfig] = {.node = SCHEMA_STRUCT, .first = 1042, .count = 2},
    [T_v1alpha1_RegistryKubernetesConfig] = {.node = SCHEMA_STRUCT, .first = 1044, .count = 1},
    [T_v1alpha1_RegistryServiceConfig] = {.node = SCHEMA_STRUCT, .first = 1045, .count = 2},
    [T_v1alpha1_EtcdConfig] = {.node = SCHEMA_STRUCT, .first = 1047, .count = 6},
    [T_v1alpha1_CoreDNS] = {.node = SCHEMA_STRUCT, .first = 1053, .count = 2},
    [T_v1alpha1_ExternalCloudProviderConfig] = {.node = SCHEMA_STRUCT, .first = 1055, .count = 2},
    [T_v1alpha1_ClusterInlineManifests] = {.node = SCHEMA_LIST, .elem = {0, T_v1alpha1_ClusterInlineManifest, 0}},
    [T_v1alpha1_ClusterInlineManifest] = {.node = SCHEMA_STRUCT, .first = 1057, .count = 2},
    [T_v1alpha1_AdminKubeconfigConfig] = {.node = SCHEMA_STRUCT, .first = 1059, .count = 1},
};

/* Sorted by kind. */
const struct source_document source_documents[] = {
    {"BGPInstanceConfig", T_network_BGPInstanceConfigV1Alpha1, true, false},
    {"BlackholeRouteConfig", T_network_BlackholeRouteConfigV1Alpha1, false, false},
    {"BondConfig", T_network_BondConfigV1Alpha1, false, false},
    {"BridgeConfig", T_network_BridgeConfigV1Alpha1, false, false},
    {"CRIBaseRuntimeSpecConfig", T_cri_CRIBaseRuntimeSpecConfigV1Alpha1, true, false},
    {"CRICustomizationConfig", T_cri_CRICustomizationConfigV1Alpha1, true, false},
    {"ContainerConfig", T_container_ContainerConfigV1Alpha1, true, false},
    {"DHCPv4Config", T_network_DHCPv4ConfigV1Alpha1, false, false},
    {"DHCPv6Config", T_network_DHCPv6ConfigV1Alpha1, false, false},
    {"DiscoveryIdentityConfig", T_cluster_DiscoveryIdentityConfigV1Alpha1, true, false},
    {"DiscoveryServiceConfig", T_cluster_DiscoveryServiceConfigV1Alpha1, true, false},
    {"DummyLinkConfig", T_network_DummyLinkConfigV1Alpha1, false, false},
    {"EnvironmentConfig", T_runtime_EnvironmentV1Alpha1, false, false},
    {"EtcFileConfig", T_runtime_EtcFileConfigV1Alpha1, true, false},
    {"EthernetConfig", T_network_EthernetConfigV1Alpha1, false, false},
    {"EventSinkConfig", T_runtime_EventSinkV1Alpha1, false, false},
    {"ExistingVolumeConfig", T_block_ExistingVolumeConfigV1Alpha1, false, false},
    {"ExtensionServiceConfig", T_extensions_ServiceConfigV1Alpha1, false, false},
    {"ExternalVolumeConfig", T_block_ExternalVolumeConfigV1Alpha1, false, false},
    {"FilesystemScrubConfig", T_block_FilesystemScrubConfigV1Alpha1, true, false},
    {"FilesystemTrimConfig", T_block_FilesystemTrimConfigV1Alpha1, true, false},
    {"HCloudVIPConfig", T_network_HCloudVIPConfigV1Alpha1, false, false},
    {"HTTPProbeConfig", T_network_HTTPProbeConfigV1Alpha1, true, false},
    {"HostnameConfig", T_network_HostnameConfigV1Alpha1, false, false},
    {"ImageCacheConfig", T_cri_ImageCacheConfigV1Alpha1, true, false},
    {"ImageVerificationConfig", T_security_ImageVerificationConfigV1Alpha1, false, false},
    {"KernelModuleConfig", T_runtime_KernelModuleConfigV1Alpha1, true, false},
    {"KmsgLogConfig", T_runtime_KmsgLogV1Alpha1, false, false},
    {"KubeAPIServerCAConfig", T_k8s_KubeAPIServerCAConfigV1Alpha1, true, false},
    {"KubeAPIServerConfig", T_k8s_KubeAPIServerConfigV1Alpha1, true, true},
    {"KubeAdmissionControlConfig", T_k8s_KubeAdmissionControlConfigV1Alpha1, true, true},
    {"KubeAggregatorCAConfig", T_k8s_KubeAggregatorCAConfigV1Alpha1, true, true},
    {"KubeAuditPolicyConfig", T_k8s_KubeAuditPolicyConfigV1Alpha1, true, true},
    {"KubeAuthenticationConfig", T_k8s_KubeAuthenticationConfigV1Alpha1, true, true},
    {"KubeAuthorizerConfig", T_k8s_KubeAuthorizerConfigV1Alpha1, true, true},
    {"KubeClusterConfig", T_k8s_KubeClusterConfigV1Alpha1, true, false},
    {"KubeControllerManagerConfig", T_k8s_KubeControllerManagerConfigV1Alpha1, true, true},
    {"KubeCoreDNSConfig", T_k8s_KubeCoreDNSConfigV1Alpha1, true, true},
    {"KubeCredentialProviderConfig", T_k8s_KubeCredentialProviderConfigV1Alpha1, true, false},
    {"KubeEtcdEncryptionConfig", T_k8s_KubeEtcdEncryptionConfigV1Alpha1, true, true},
    {"KubeExternalManifestConfig", T_k8s_KubeExternalManifestConfigV1Alpha1, true, false},
    {"KubeFlannelCNIConfig", T_k8s_KubeFlannelCNIConfigV1Alpha1, true, true},
    {"KubeInlineManifestConfig", T_k8s_KubeInlineManifestConfigV1Alpha1, true, false},
    {"KubeNetworkConfig", T_k8s_KubeNetworkConfigV1Alpha1, true, false},
    {"KubeNodeConfig", T_k8s_KubeNodeConfigV1Alpha1, true, false},
    {"KubePrismConfig", T_k8s_KubePrismConfigV1Alpha1, true, false},
    {"KubeProxyConfig", T_k8s_KubeProxyConfigV1Alpha1, true, true},
    {"KubeSchedulerConfig", T_k8s_KubeSchedulerConfigV1Alpha1, true, true},
    {"KubeServiceAccountConfig", T_k8s_KubeServiceAccountConfigV1Alpha1, true, true},
    {"KubeSpanConfig", T_network_KubeSpanConfigV1Alpha1, false, false},
    {"KubeSpanEndpointsConfig", T_network_KubespanEndpointsConfigV1Alpha1, false, false},
    {"KubeStaticPodConfig", T_k8s_KubeStaticPodConfigV1Alpha1, true, false},
    {"KubeTalosAPIAccessConfig", T_k8s_KubeTalosAPIAccessConfigV1Alpha1, true, true},
    {"KubeletConfig", T_k8s_KubeletConfigV1Alpha1, true, false},
    {"LVMLogicalVolumeConfig", T_storage_LVMLogicalVolumeConfigV1Alpha1, true, false},
    {"LVMVolumeGroupConfig", T_storage_LVMVolumeGroupConfigV1Alpha1, true, false},
    {"Layer2VIPConfig", T_network_Layer2VIPConfigV1Alpha1, false, false},
    {"LinkAliasConfig", T_network_LinkAliasConfigV1Alpha1, false, false},
    {"LinkConfig", T_network_LinkConfigV1Alpha1, false, false},
    {"NetworkDefaultActionConfig", T_network_DefaultActionConfigV1Alpha1, false, false},
    {"NetworkRuleConfig", T_network_RuleConfigV1Alpha1, false, false},
    {"OOMConfig", T_runtime_OOMV1Alpha1, false, false},
    {"PCIDriverRebindConfig", T_hardware_PCIDriverRebindConfigV1Alpha1, false, false},
    {"RAIDArrayConfig", T_storage_RAIDArrayConfigV1Alpha1, true, false},
    {"RawVolumeConfig", T_block_RawVolumeConfigV1Alpha1, false, false},
    {"RegistryAuthConfig", T_cri_RegistryAuthConfigV1Alpha1, false, false},
    {"RegistryMirrorConfig", T_cri_RegistryMirrorConfigV1Alpha1, false, false},
    {"RegistryTLSConfig", T_cri_RegistryTLSConfigV1Alpha1, false, false},
    {"ResolverConfig", T_network_ResolverConfigV1Alpha1, false, false},
    {"RoutingRuleConfig", T_network_RoutingRuleConfigV1Alpha1, false, false},
    {"SecurityProfileConfig", T_runtime_SecurityProfileConfigV1Alpha1, true, false},
    {"SideroLinkConfig", T_siderolink_ConfigV1Alpha1, false, false},
    {"StaticHostConfig", T_network_StaticHostConfigV1Alpha1, false, false},
    {"SwapVolumeConfig", T_block_SwapVolumeConfigV1Alpha1, false, false},
    {"SysctlConfig", T_runtime_SysctlConfigV1Alpha1, true, false},
    {"SysfsConfig", T_runtime_SysfsConfigV1Alpha1, true, false},
    {"TCPProbeConfig", T_network_TCPProbeConfigV1Alpha1, false, false},
    {"TimeSyncConfig", T_network_TimeSyncConfigV1Alpha1, false, false},
    {"TrustedRootsConfig", T_security_TrustedRootsConfigV1Alpha1, false, false},
    {"UdevRulesConfig", T_runtime_UdevRulesConfigV1Alpha1, true, false},
    {"UnattendedInstallConfig", T_runtime_UnattendedInstallConfigV1Alpha1, true, false},
    {"UserVolumeConfig", T_block_UserVolumeConfigV1Alpha1, false, false},
    {"VLANConfig", T_network_VLANConfigV1Alpha1, false, false},
    {"VRFConfig", T_network_VRFConfigV1Alpha1, false, false},
    {"VethConfig", T_network_VethConfigV1Alpha1, true, false},
    {"VolumeConfig", T_block_VolumeConfigV1Alpha1, false, false},
    {"WatchdogTimerConfig", T_runtime_WatchdogTimerV1Alpha1, false, false},
    {"WireguardConfig", T_network_WireguardConfigV1Alpha1, false, false},
    {"ZswapConfig", T_block_ZswapConfigV1Alpha1, false, false},
    {"v1alpha1", T_v1alpha1_Config, false, false},
};

/* What V1Alpha1ConflictValidate() of each kind refuses. */
const struct source_conflict source_conflicts[] = {
    {"CRIBaseRuntimeSpecConfig", NULL, NULL, "machine.baseRuntimeSpecOverrides", true},
    {"DiscoveryIdentityConfig", NULL, NULL, "cluster.id", true},
    {"DiscoveryIdentityConfig", NULL, NULL, "cluster.secret", true},
    {"DiscoveryServiceConfig", NULL, NULL, "cluster.discovery", false},
    {"HostnameConfig", NULL, NULL, "machine.features.stableHostname", true},
    {"HostnameConfig", NULL, NULL, "machine.network.hostname", true},
    {"ImageCacheConfig", NULL, NULL, "machine.features.imageCache", false},
    {"KubeAPIServerCAConfig", NULL, NULL, "cluster.ca", false},
    {"KubeAPIServerConfig", NULL, NULL, "cluster.apiServer", false},
    {"KubeAPIServerConfig", NULL, NULL, "cluster.controlPlane.localAPIServerPort", true},
    {"KubeAdmissionControlConfig", NULL, NULL, "cluster.apiServer.admissionControl", true},
    {"KubeAggregatorCAConfig", NULL, NULL, "cluster.aggregatorCA", false},
    {"KubeAuditPolicyConfig", NULL, NULL, "cluster.apiServer.auditPolicy", true},
    {"KubeAuthorizerConfig", NULL, NULL, "cluster.apiServer.admissionControl", true},
    {"KubeClusterConfig", NULL, NULL, "cluster.clusterName", true},
    {"KubeClusterConfig", NULL, NULL, "cluster.controlPlane.endpoint", false},
    {"KubeControllerManagerConfig", NULL, NULL, "cluster.controllerManager", false},
    {"KubeControllerManagerConfig", NULL, NULL, "machine.controlPlane.controllerManager", false},
    {"KubeCoreDNSConfig", NULL, NULL, "cluster.coreDNS", false},
    {"KubeCredentialProviderConfig", NULL, NULL, "machine.kubelet", false},
    {"KubeEtcdEncryptionConfig", NULL, NULL, "cluster.aescbcEncryptionSecret", true},
    {"KubeEtcdEncryptionConfig", NULL, NULL, "cluster.secretboxEncryptionSecret", true},
    {"KubeFlannelCNIConfig", NULL, NULL, "cluster.network", false},
    {"KubeNetworkConfig", NULL, NULL, "cluster.network", false},
    {"KubeNodeConfig", NULL, NULL, "cluster.allowSchedulingOnControlPlanes", false},
    {"KubeNodeConfig", NULL, NULL, "cluster.allowSchedulingOnMasters", false},
    {"KubeNodeConfig", NULL, NULL, "machine.kubelet.nodeIP", false},
    {"KubeNodeConfig", NULL, NULL, "machine.kubelet.registerWithFQDN", false},
    {"KubeNodeConfig", NULL, NULL, "machine.kubelet.skipNodeRegistration", false},
    {"KubeNodeConfig", NULL, NULL, "machine.nodeAnnotations", false},
    {"KubeNodeConfig", NULL, NULL, "machine.nodeLabels", false},
    {"KubeNodeConfig", NULL, NULL, "machine.nodeTaints", false},
    {"KubePrismConfig", NULL, NULL, "machine.features.kubePrism", false},
    {"KubeProxyConfig", NULL, NULL, "cluster.proxy", false},
    {"KubeSchedulerConfig", NULL, NULL, "cluster.scheduler", false},
    {"KubeSchedulerConfig", NULL, NULL, "machine.controlPlane.scheduler", false},
    {"KubeServiceAccountConfig", NULL, NULL, "cluster.serviceAccount", false},
    {"KubeSpanConfig", NULL, NULL, "machine.network.kubespan", false},
    {"KubeTalosAPIAccessConfig", NULL, NULL, "machine.features.kubernetesTalosAPIAccess", false},
    {"KubeletConfig", NULL, NULL, "machine.kubelet", false},
    {"ResolverConfig", NULL, NULL, "machine.network.disableSearchDomain", true},
    {"ResolverConfig", NULL, NULL, "machine.network.nameservers", true},
    {"ResolverConfig", NULL, NULL, "machine.network.searchDomains", false},
    {"ResolverConfig", NULL, "hostDNS.enabled", "machine.features.hostDNS", false},
    {"ResolverConfig", NULL, "hostDNS.forwardKubeDNSToHost", "machine.features.hostDNS", false},
    {"ResolverConfig", NULL, "hostDNS.resolveMemberNames", "machine.features.hostDNS", false},
    {"TimeSyncConfig", NULL, NULL, "machine.time.bootTimeout", true},
    {"TimeSyncConfig", NULL, NULL, "machine.time.disabled", true},
    {"TimeSyncConfig", NULL, NULL, "machine.time.servers", true},
    {"UnattendedInstallConfig", NULL, NULL, "machine.install", false},
    {"VolumeConfig", "EPHEMERAL", "encryption.provider", "machine.systemDiskEncryption.ephemeral", false},
    {"VolumeConfig", "STATE", "encryption.provider", "machine.systemDiskEncryption.state", false},
};

const char source_cel_disk[] = "size,io_size,sector_size,readonly,model,serial,modalias,wwid,bus_path,sub_system,transport,rotational,cdrom,dev_path,pretty_size,secondary_disks,uuid,symlinks,firmware_version";
const char source_cel_link[] = "index,type,link_index,flags,hardware_addr,broadcast_addr,mtu,queue_disc,master_index,operational_state,kind,slave_kind,bus_path,pciid,driver,driver_version,firmware_version,product_id,vendor_id,product,vendor,link_state,speed_megabits,port,duplex,vlan,bridge_master,bond_master,wireguard,permanent_addr,alias,alt_names,vrf_master,veth";
const char source_cel_volume[] = "size,sector_size,io_size,name,uuid,label,block_size,filesystem_block_size,probed_size,partition_uuid,partition_type,partition_label,partition_index,type,device_path,parent,dev_path,parent_dev_path,pretty_size,offset";

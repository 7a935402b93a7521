/*
 * The gates stand in the configuration's layer because defaults and validation depend on them. A gate's state is
 * computed when it is asked for: what was set for it, else what was set for its stage (AllAlpha, AllBeta), else its
 * default; so the order of settings does not matter.
 */
#include "config/gates.h"

#include "base/array.h"

#include <string.h>

enum stage { STAGE_ALPHA, STAGE_BETA, STAGE_DEPRECATED, STAGE_GA };

static const char *const alpha_off[] = {
    "APIServingWithRoutine", "AllAlpha", "AllowUnsafeMalformedObjectDeletion", "CBORServingAndStorage",
    "CPUManagerPolicyAlphaOptions", "CRIListStreaming", "CSIVolumeHealth", "ClientsAllowCBOR",
    "ClientsPreferCBOR", "CloudControllerManagerWatchBasedRoutesReconciliation",
    "CloudControllerManagerWebhook", "ContainerStopSignals", "CrossNamespaceVolumeDataSource",
    "DRAListTypeAttributes", "DRANodeAllocatableResources", "DRAResourcePoolStatus",
    "DRAWorkloadResourceClaims", "EventedPLEG", "GangScheduling", "GenericWorkload", "HPAScaleToZero",
    "ImageVolumeWithDigest", "InPlacePodVerticalScalingExclusiveCPUs",
    "InPlacePodVerticalScalingExclusiveMemory", "KubeletInUserNamespace", "LoggingAlphaOptions",
    "ManifestBasedAdmissionControlConfig", "MemoryQoS", "MutablePVNodeAffinity", "NativeHistograms",
    "PersistentVolumeClaimUnusedSinceTime", "PodAndContainerStatsFromCRI", "PodLevelResourceManagers",
    "PodLogsQuerySplitStreams", "PodsAPI", "QOSReserved", "ReduceDefaultCrashLoopBackOffDecay",
    "RuntimeClassInImageCriApi", "ShardedListAndWatch", "StorageCapacityScoring", "StorageVersionAPI",
    "TaintTolerationComparisonOperators", "TopologyAwareWorkloadScheduling",
    "TopologyManagerPolicyAlphaOptions", "UserNamespacesHostNetworkSupport", "VolumeLimitScaling",
    "WindowsCPUAndMemoryAffinity", "WorkloadAwarePreemption", "WorkloadWithJob",
};

static const char *const beta_off[] = {
    "AllBeta", "ClusterTrustBundle", "ClusterTrustBundleProjection", "ConcurrentWatchObjectDecode",
    "CoordinatedLeaderElection", "DRADeviceTaintRules", "LocalStorageCapacityIsolationFSQuotaMonitoring",
    "MaxUnavailableStatefulSet", "PodCertificateRequest", "SELinuxMount", "SchedulerAsyncAPICalls",
    "StorageVersionMigrator",
};

static const char *const beta_on[] = {
    "APIResponseCompression", "APIServerIdentity", "AllowParsingUserUIDFromCertAuth", "AtomicFIFO",
    "AuthorizePodWebsocketUpgradeCreatePermission", "CPUManagerPolicyBetaOptions",
    "CRDObservedGenerationTracking", "ClearingNominatedNodeNameAfterBinding", "ClientsAllowCARotation",
    "ClientsAllowTLSCacheGC", "ComponentFlagz", "ComponentStatusz", "ConstrainedImpersonation",
    "ContainerCheckpoint", "ContainerRestartRules", "ContextualLogging", "DRAConsumableCapacity",
    "DRADeviceBindingConditions", "DRADeviceTaints", "DRAExtendedResource", "DRAPartitionableDevices",
    "DRAResourceClaimDeviceStatus", "DRAResourceClaimGranularStatusAuthorization",
    "DRASchedulerFilterTimeout", "DeclarativeValidationBeta", "DeploymentReplicaSetTerminatingReplicas",
    "DetectCacheInconsistency", "EnvFiles", "ExtendWebSocketsToKubelet", "GracefulNodeShutdown",
    "GracefulNodeShutdownBasedOnPodPriority", "HPAConfigurableTolerance", "HostnameOverride",
    "InOrderInformersBatchProcess", "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers", "KubeletCrashLoopBackOffMax",
    "KubeletEnsureSecretPulledImages", "KubeletSeparateDiskGC",
    "KubeletServiceAccountTokenForCredentialProviders", "ListFromCacheSnapshot", "LoggingBetaOptions",
    "MatchLabelKeysInPodTopologySpread", "MatchLabelKeysInPodTopologySpreadSelectorMerge",
    "MutablePodResourcesForSuspendedJobs", "MutableSchedulingDirectivesForSuspendedJobs",
    "NodeDeclaredFeatures", "NominatedNodeNameForExpectation", "OpenAPIEnums", "OpportunisticBatching",
    "PLEGOnDemandRelist", "PodDeletionCost", "PodLevelResources", "PodReadyToStartContainersCondition",
    "PodTopologyLabelsAdmission", "PortForwardWebsockets", "PreventStaticPodAPIReferences",
    "RelaxedServiceNameValidation", "ReloadKubeletClientCAFile", "ReloadKubeletServerCertificateFile",
    "RemoteRequestHeaderUID", "ResourceHealthStatus", "ResourceHealthStatusMessage",
    "RestartAllContainersOnContainerExits", "RotateKubeletServerCertificate", "SchedulerAsyncPreemption",
    "SchedulerPopFromBackoffQ", "ServiceAccountNodeAudienceRestriction", "SizeBasedListCostEstimate",
    "StaleControllerConsistencyDaemonSet", "StaleControllerConsistencyJob",
    "StaleControllerConsistencyReplicaSet", "StaleControllerConsistencyStatefulSet",
    "StatefulSetSemanticRevisionComparison", "StorageVersionHash", "StrictIPCIDRValidation",
    "StructuredAuthenticationConfigurationEgressSelector",
    "StructuredAuthenticationConfigurationJWKSMetrics", "TokenRequestServiceAccountUIDValidation",
    "TopologyManagerPolicyBetaOptions", "TranslateStreamCloseWebsocketRequests",
    "UnauthenticatedHTTP2DOSMitigation", "UnknownVersionInteroperabilityProxy", "UnlockWhileProcessingFIFO",
    "WatchCacheInitializationPostStartHook", "WatchList", "WatchListClient", "WindowsGracefulNodeShutdown",
};

static const char *const deprecated_off[] = {
    "AllowDNSOnlyNodeCSR", "AllowInsecureKubeletCertificateSigningRequests",
    "ChangeContainerStatusOnKubeletRestart", "DeclarativeValidationTakeover", "KMSv1",
    "KubeletRegistrationGetOnExistsOnly", "WindowsHostNetwork",
};

static const char *const deprecated_off_locked[] = {
    "AllowOverwriteTerminationGracePeriodSeconds", "GitRepoVolumeDriver", "SeparateCacheWatchRPC",
};

static const char *const deprecated_on[] = {
    "DisableCPUQuotaWithExclusiveCPUs", "KubeletPodResourcesListUseActivePods",
    "ServiceCIDRStatusFieldWiping", "StorageNamespaceIndex",
};

static const char *const deprecated_on_locked[] = {
    "AggregatedDiscoveryRemoveBetaType", "DisableNodeKubeProxyVersion",
};

static const char *const ga_on[] = {
    "AllowServiceExternalIPs", "CustomCPUCFSQuotaPeriod", "DRAPrioritizedList", "InformerResourceVersion",
    "MutatingAdmissionPolicy",
};

static const char *const ga_on_locked[] = {
    "APIServerTracing", "AnonymousAuthConfigurableEndpoints", "AnyVolumeDataSource",
    "AuthorizeNodeWithSelectors", "AuthorizeWithSelectors", "BtreeWatchCache", "CPUManagerPolicyOptions",
    "CRDValidationRatcheting", "CSIServiceAccountTokenSecrets", "ConsistentListFromCache",
    "CustomResourceFieldSelectors", "DRAAdminAccess", "DeclarativeValidation", "DisableAllocatorDualWrite",
    "DynamicResourceAllocation", "ExecProbeTimeout", "ExternalServiceAccountTokenSigner",
    "ImageMaximumGCAge", "ImageVolume", "InOrderInformers", "InPlacePodVerticalScaling",
    "JobBackoffLimitPerIndex", "JobManagedBy", "JobPodReplacementPolicy", "JobSuccessPolicy",
    "KubeletCgroupDriverFromCRI", "KubeletFineGrainedAuthz", "KubeletPSI",
    "KubeletPodResourcesDynamicResources", "KubeletPodResourcesGet", "KubeletTracing",
    "LogarithmicScaleDown", "MatchLabelKeysInPodAffinity", "MultiCIDRServiceAllocator",
    "MutableCSINodeAllocatableCount", "NFTablesProxyMode", "NodeInclusionPolicyInPodTopologySpread",
    "NodeLogQuery", "NodeSwap", "OrderedNamespaceDeletion", "PodLifecycleSleepAction",
    "PodLifecycleSleepActionAllowZero", "PodObservedGenerationTracking", "PodSchedulingReadiness",
    "PreferSameTrafficDistribution", "ProcMountType", "RecoverVolumeExpansionFailure",
    "RecursiveReadOnlyMounts", "RelaxedDNSSearchValidation", "RelaxedEnvironmentVariableValidation",
    "ResilientWatchCacheInitialization", "RetryGenerateName", "SELinuxChangePolicy",
    "SELinuxMountReadWriteOncePod", "SchedulerQueueingHints", "SeparateTaintEvictionController",
    "ServiceAccountTokenJTI", "ServiceAccountTokenNodeBinding", "ServiceAccountTokenNodeBindingValidation",
    "ServiceAccountTokenPodNodeInfo", "SidecarContainers", "StreamingCollectionEncodingToJSON",
    "StreamingCollectionEncodingToProtobuf", "StructuredAuthenticationConfiguration",
    "SupplementalGroupsPolicy", "SystemdWatchdog", "TopologyManagerPolicyOptions", "UserNamespacesSupport",
    "VolumeAttributesClass", "WinDSR", "WinOverlay",
};

/* Gates are numbered through all groups. */
static const struct group {
    enum stage stage;
    bool on, locked;
    const char *const *names;
    uint32_t len;
} groups[] = {
    {STAGE_ALPHA, false, false, alpha_off, ARRAY_LEN(alpha_off)},
    {STAGE_BETA, false, false, beta_off, ARRAY_LEN(beta_off)},
    {STAGE_BETA, true, false, beta_on, ARRAY_LEN(beta_on)},
    {STAGE_DEPRECATED, false, false, deprecated_off, ARRAY_LEN(deprecated_off)},
    {STAGE_DEPRECATED, false, true, deprecated_off_locked, ARRAY_LEN(deprecated_off_locked)},
    {STAGE_DEPRECATED, true, false, deprecated_on, ARRAY_LEN(deprecated_on)},
    {STAGE_DEPRECATED, true, true, deprecated_on_locked, ARRAY_LEN(deprecated_on_locked)},
    {STAGE_GA, true, false, ga_on, ARRAY_LEN(ga_on)},
    {STAGE_GA, true, true, ga_on_locked, ARRAY_LEN(ga_on_locked)},
};

/* The second must be on where the first is; those that are always on are left out. */
static const struct {
    const char *gate, *needs;
} dependencies[] = {
    {"ClusterTrustBundleProjection", "ClusterTrustBundle"},
    {"DRADeviceBindingConditions", "DRAResourceClaimDeviceStatus"},
    {"DRAResourceClaimGranularStatusAuthorization", "DRAResourceClaimDeviceStatus"},
    {"DRAWorkloadResourceClaims", "GenericWorkload"},
    {"ExtendWebSocketsToKubelet", "NodeDeclaredFeatures"},
    {"GangScheduling", "GenericWorkload"},
    {"GracefulNodeShutdownBasedOnPodPriority", "GracefulNodeShutdown"},
    {"InPlacePodLevelResourcesVerticalScaling", "PodLevelResources"},
    {"InPlacePodLevelResourcesVerticalScaling", "NodeDeclaredFeatures"},
    {"InPlacePodVerticalScalingInitContainers", "NodeDeclaredFeatures"},
    {"MatchLabelKeysInPodTopologySpreadSelectorMerge", "MatchLabelKeysInPodTopologySpread"},
    {"PodLevelResourceManagers", "PodLevelResources"},
    {"ResourceHealthStatusMessage", "ResourceHealthStatus"},
    {"RestartAllContainersOnContainerExits", "ContainerRestartRules"},
    {"RestartAllContainersOnContainerExits", "NodeDeclaredFeatures"},
    {"StaleControllerConsistencyDaemonSet", "AtomicFIFO"},
    {"StaleControllerConsistencyJob", "AtomicFIFO"},
    {"StaleControllerConsistencyReplicaSet", "AtomicFIFO"},
    {"StaleControllerConsistencyStatefulSet", "AtomicFIFO"},
    {"TopologyAwareWorkloadScheduling", "GenericWorkload"},
    {"UserNamespacesHostNetworkSupport", "NodeDeclaredFeatures"},
    {"WindowsGracefulNodeShutdown", "GracefulNodeShutdown"},
    {"WorkloadAwarePreemption", "GangScheduling"},
    {"WorkloadWithJob", "GenericWorkload"},
    {"StorageVersionAPI", "APIServerIdentity"},
    {"UnknownVersionInteroperabilityProxy", "APIServerIdentity"},
};

/* What something in Berth depends on. */
static const char *const acting[] = {
    "AllAlpha", "AllBeta", "NodeDeclaredFeatures", "StorageCapacityScoring", "VolumeLimitScaling",
};

struct gate {
    const struct group *group;
    const char *name;
    uint32_t number;
};

static bool find(berth_str name, struct gate *ret)
{
    uint32_t number = 0;
    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        for (uint32_t j = 0; j < groups[i].len; j++, number++)
            if (berth_str_eq(name, berth_str_of(groups[i].names[j]))) {
                *ret = (struct gate){&groups[i], groups[i].names[j], number};
                return true;
            }
    return false;
}

/* Whether the gate was set; *ret_on says to what. */
static bool was_given(const struct gates *g, uint32_t number, bool *ret_on)
{
    *ret_on = g->on[number / 64] >> (number % 64) & 1;
    return g->given[number / 64] >> (number % 64) & 1;
}

static bool stage_given(const struct gates *g, const char *all, bool *ret_on)
{
    struct gate gate;
    return find(berth_str_of(all), &gate) && was_given(g, gate.number, ret_on);
}

static bool is_on(const struct gates *g, const struct gate *gate)
{
    bool on;
    if (was_given(g, gate->number, &on) || (gate->group->stage == STAGE_ALPHA && stage_given(g, "AllAlpha", &on))
        || (gate->group->stage == STAGE_BETA && stage_given(g, "AllBeta", &on)))
        return on;
    return gate->group->on;
}

bool gates_enabled(const struct gates *g, const char *name)
{
    struct gate gate;
    return find(berth_str_of(name), &gate) && is_on(g, &gate);
}

/* ---- setting ---- */

static berth_str trim(berth_str text)
{
    while (text.len && (*text.ptr == ' ' || *text.ptr == '\t'))
        text = (berth_str){text.ptr + 1, text.len - 1};
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* Cuts the text at the first `at`: returns what is before it, *rest what is behind; false: there is none. */
static bool cut(berth_str *rest, char at, berth_str *ret_before)
{
    const char *found = rest->len ? memchr(rest->ptr, at, rest->len) : NULL;
    uint32_t len = found ? (uint32_t)(found - rest->ptr) : rest->len;
    *ret_before = (berth_str){rest->ptr, len};
    *rest = (berth_str){rest->ptr + len + (found != NULL), rest->len - len - (found != NULL)};
    return found != NULL;
}

/* As Go's strconv.ParseBool. */
static bool read_bool(berth_str text, bool *ret)
{
    static const char *const words[] = {"1", "t", "T", "true", "TRUE", "True",
                                        "0", "f", "F", "false", "FALSE", "False"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (berth_str_eq(text, berth_str_of(words[i]))) {
            *ret = i < ARRAY_LEN(words) / 2;
            return true;
        }
    return false;
}

static bool acts(const struct gate *gate)
{
    for (size_t i = 0; i < ARRAY_LEN(acting); i++)
        if (strcmp(acting[i], gate->name) == 0)
            return true;
    return false;
}

static const char *word_of(bool on)
{
    return on ? "true" : "false";
}

static void warn(const struct gate *gate, bool on, struct buf *warnings)
{
    if (gate->group->stage == STAGE_GA || gate->group->stage == STAGE_DEPRECATED)
        buf_printf(warnings, "setting %s feature gate %s=%s; it will be removed in a future release\n",
                   gate->group->stage == STAGE_GA ? "GA" : "deprecated", gate->name, word_of(on));
    else if (on != gate->group->on && !acts(gate))
        buf_printf(warnings, "feature gate %s=%s changes nothing: nothing here depends on it\n", gate->name,
                   word_of(on));
}

static int set_one(struct gates *g, berth_str pair, struct buf *warnings, struct err *err)
{
    berth_str name, value = pair;
    bool has_value = cut(&value, '=', &name), on;
    struct gate gate;
    name = trim(name);
    value = trim(value);
    if (!has_value)
        return err_set(err, "missing bool value for %.*s", BERTH_FMT(name));
    if (!read_bool(value, &on))
        return err_set(err, "invalid value of %.*s=%.*s, err: strconv.ParseBool: parsing \"%.*s\": invalid syntax",
                       BERTH_FMT(name), BERTH_FMT(value), BERTH_FMT(value));
    if (!find(name, &gate))
        return err_set(err, "unrecognized feature gate: %.*s", BERTH_FMT(name));
    if (gate.group->locked && on != gate.group->on)
        return err_set(err, "cannot set feature gate %s to %s, feature is locked to %s", gate.name, word_of(on),
                       word_of(gate.group->on));
    uint64_t bit = (uint64_t)1 << (gate.number % 64);
    g->given[gate.number / 64] |= bit;
    g->on[gate.number / 64] = on ? g->on[gate.number / 64] | bit : g->on[gate.number / 64] & ~bit;
    if (warnings)
        warn(&gate, on, warnings);
    return 0;
}

int gates_set(struct gates *g, berth_str text, struct buf *warnings, struct err *err)
{
    struct gates changed = *g;
    while (text.len > 0) {
        berth_str pair, component;
        cut(&text, ',', &pair);
        berth_str rest = pair;
        if (cut(&rest, ':', &component)) {
            if (!berth_str_eq(trim(component), BERTH_STR("kube")))
                return err_set(err, "component not registered: %.*s", BERTH_FMT(component));
            pair = rest;
        }
        int r = pair.len ? set_one(&changed, pair, warnings, err) : 0;
        if (r < 0)
            return r;
    }
    *g = changed;
    return 0;
}

int gates_check(const struct gates *g, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(dependencies); i++) {
        const char *gate = dependencies[i].gate, *needs = dependencies[i].needs;
        if (gates_enabled(g, gate) && !gates_enabled(g, needs))
            return err_set(err, "%s is enabled, but depends on features that are disabled: [%s]", gate, needs);
    }
    return 0;
}

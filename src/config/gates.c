/*
 * The feature gates that the scheduler reads and their defaults in 1.36. They stand in the configuration's
 * layer because defaults and validation depend on them.
 * https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/
 */
#include "config/gates.h"

#include "base/array.h"

#include <string.h>

static const struct {
    const char *name;
    bool on;
} gates[] = {
    {"AtomicFIFO", true},
    {"DRAAdminAccess", true},
    {"DRAConsumableCapacity", true},
    {"DRADeviceBindingConditions", true},
    {"DRADeviceTaintRules", false},
    {"DRADeviceTaints", true},
    {"DRAExtendedResource", true},
    {"DRAListTypeAttributes", false},
    {"DRANodeAllocatableResources", false},
    {"DRAPartitionableDevices", true},
    {"DRAPrioritizedList", true},
    {"DRAResourceClaimDeviceStatus", true},
    {"DRASchedulerFilterTimeout", true},
    {"DRAWorkloadResourceClaims", false},
    {"DynamicResourceAllocation", true},
    {"GangScheduling", false},
    {"GenericWorkload", false},
    {"InPlacePodLevelResourcesVerticalScaling", true},
    {"InPlacePodVerticalScaling", true},
    {"MatchLabelKeysInPodTopologySpread", true},
    {"NodeDeclaredFeatures", true},
    {"NodeInclusionPolicyInPodTopologySpread", true},
    {"NominatedNodeNameForExpectation", true},
    {"OpportunisticBatching", true},
    {"PodLevelResources", true},
    {"SchedulerAsyncAPICalls", false},
    {"SchedulerAsyncPreemption", true},
    {"SchedulerPopFromBackoffQ", true},
    {"SchedulerQueueingHints", true},
    {"SidecarContainers", true},
    {"StorageCapacityScoring", false},
    {"TaintTolerationComparisonOperators", false},
    {"TopologyAwareWorkloadScheduling", false},
    {"VolumeAttributesClass", true},
    {"VolumeLimitScaling", false},
    {"WorkloadAwarePreemption", false},
};

bool feature_enabled(const char *gate)
{
    for (size_t i = 0; i < ARRAY_LEN(gates); i++)
        if (strcmp(gates[i].name, gate) == 0)
            return gates[i].on;
    return false;
}

/* The options that change a cluster, --add-nodes to --scale, which commands on a cluster share. */
#ifndef CMD_WHAT_IF_H
#define CMD_WHAT_IF_H

#include "cmd/options.h"
#include "sim/wish.h"

struct what_if {
    struct option_list add_nodes, remove_nodes, drain, scale;
    bool disable_eviction;
};

/* Their rows in a command's options; `member` is the struct what_if of its settings. */
#define WHAT_IF_OPTIONS(settings, member)                                                                    \
    {0, "add-nodes", OPTION_LIST, offsetof(settings, member.add_nodes), .value = "NUMBER=FILE",              \
     .text = "What if there were so many more nodes like the one in the file? May be repeated, "             \
             "as may --remove-node, --drain and --scale."},                                                  \
    {0, "remove-node", OPTION_LIST, offsetof(settings, member.remove_nodes), .value = "NODE",                \
     .text = "What if that node were gone? Its pods are placed anew, if they have a controller."},           \
    {0, "drain", OPTION_LIST, offsetof(settings, member.drain), .value = "NODE",                             \
     .text = "What if that node were cordoned, and all pods but those of DaemonSets were evicted? Pods "     \
             "stay that PodDisruptionBudgets protect."},                                                     \
    {0, "disable-eviction", OPTION_FLAG, offsetof(settings, member.disable_eviction),                        \
     .text = "Drains delete pods instead of evicting them: PodDisruptionBudgets are not asked."},            \
    {0, "scale", OPTION_LIST, offsetof(settings, member.scale), .value = "[NAMESPACE/]KIND/NAME=REPLICAS",   \
     .text = "What if that Deployment, StatefulSet, ReplicaSet, ReplicationController or Job had so many "   \
             "pods? For example shop/deployment/web=40."}

/* What the options ask for. 0 or a negative code with a text. */
int what_if_read(const struct what_if *options, struct wishes *wishes, struct err *err);

#endif

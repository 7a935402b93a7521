/* The queue, as short histories; see queue_script.h for how to read them. */
#include "queue_script.h"

struct history {
    const char *name;
    const char *script;
    struct script_settings settings;
};

static void run_all(const struct history *histories, size_t len)
{
    for (size_t i = 0; i < len; i++)
        script_run(histories[i].name, histories[i].script, &histories[i].settings);
}

/* ---- places and order ---- */

static const struct history orders[] = {
    {.name = "higher priority first, then the one that came first",
     .script = "0.1 add a      | active a\n"
               "0.2 add b@5    | active b a\n"
               "0.3 add c      | active b a c\n"
               "0.4 add d@5    | active b d a c\n"
               "0.5 pop b      | active d a c, flight b\n"
               "0.5 pop d      | active a c, flight b d\n"},
    {.name = "pods that came at the same time keep their order",
     .script = "1 add a\n"
               "1 add b\n"
               "1 add c\n"
               "1 add d  | active a b c d\n"},
    {.name = "nothing is popped when no pod is ready",
     .script = "0 pop -     |\n"
               "0 add a\n"
               "0 pop a     | flight a\n"
               "0 pop -     | flight a\n"},
    {.name = "a bound pod is gone",
     .script = "0 add a\n"
               "0 pop a\n"
               "0 done a  |\n"},
    {.name = "a pod that failed goes behind those that came before it failed",
     .script = "0.1 add a\n"
               "0.2 pop a\n"
               "0.3 add b\n"
               "0.4 reject a wait\n"
               "0.5 add c\n"
               "3.0 event node-label  | active b a c\n"},
    {.name = "an update may change a pod's place in the order",
     .script = "0 add a\n"
               "0 add b\n"
               "0 update b@5  | active b a\n"
               "0 update b@-1 | active a b\n"},
    {.name = "a pod is deleted wherever it is",
     .script = "0 add a\n"
               "0 add b\n"
               "0 add c\n"
               "0 add d+gate\n"
               "0 pop a\n"
               "0 pop b\n"
               "0.1 reject a fit\n"
               "0.1 reject b error  | active c, failed b:1, parked a, gated d\n"
               "0.2 delete a        | active c, failed b:1, gated d\n"
               "0.2 delete b        | active c, gated d\n"
               "0.2 delete c        | gated d\n"
               "0.2 delete d        |\n"},
    {.name = "a pod added again replaces the one of its name",
     .script = "0 add a\n"
               "0 pop a\n"
               "0 reject a fit  | parked a\n"
               "0 add a#2       | active a\n"
               "0 add a#3       | active a\n"
               "0 pop a\n"
               "0 pop -         | flight a\n"},
    {.name = "one that may not enter does not replace one that is ready",
     .script = "0 add a\n"
               "0 add a+gate    | active a\n"},
    {.name = "an update of an unknown pod adds it",
     .script = "0 add a\n"
               "0 pop a\n"
               "0 done a       |\n"
               "0 update a@3   | active a\n"},
    {.name = "the same pod is not tried twice at a time",
     .script = "0 add a\n"
               "0 pop a\n"
               "0 add a\n"
               "0 add b         | active a b, flight a\n"
               "0 pop b         | flight a b\n"},
};

static void pods_leave_in_order(void **state)
{
    (void)state;
    run_all(orders, ARRAY_LEN(orders));
}

/* ---- the clock ---- */

static const struct history clocks[] = {
    {.name = "a backoff lasts until its second is over",
     .script = "0.5  add a\n"
               "0.6  pop a\n"
               "1.05 reject a error   | failed a:2\n"
               "2.0  tick             | failed a:2\n"
               "2.999 tick            | failed a:2\n"
               "3.0  tick             | active a\n"},
    {.name = "backoffs double with each rejection up to the maximum",
     .script = "0.5 add a\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:1\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:2\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:4\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:8\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:10\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:10\n"},
    {.name = "errors in a row count by themselves and a rejection ends them",
     .script = "0.5 add a\n"
               "0.5 pop a\n"
               "0.5 reject a fit\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.5 reject a fit\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.5 reject a error    | failed a:1\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.5 reject a error    | failed a:2\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.5 reject a wait\n"
               "0.5 event node-label  | backoff a:4\n"
               "0.5 pop a\n"
               "0.5 reject a error    | failed a:1\n"},
    {.name = "the settings of backoffs are respected",
     .script = "0.5 add a\n"
               "0.5 pop a\n"
               "0.5 reject a error  | failed a:3\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.5 reject a error  | failed a:6\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.5 reject a error  | failed a:7\n",
     .settings = {.initial_backoff_s = 3, .max_backoff_s = 7}},
    {.name = "backoffs of one second end in the order of priority, others in that of their ends",
     .script = "0.1 add a\n"
               "0.1 add b@5\n"
               "0.1 add c\n"
               "0.1 pop b\n"
               "0.1 pop a\n"
               "0.1 pop c\n"
               "0.2 reject a wait\n"
               "0.3 reject b wait\n"
               "0.4 reject c wait\n"
               "0.5 event node-label  | backoff b:1 a:1 c:1\n"
               "0.5 pop b\n"
               "0.5 reject b wait\n"
               "0.6 event node-label  | backoff a:1 c:1 b:2\n"
               "2.0 tick              | active a c, backoff b:2\n"
               "3.0 tick              | active b a c\n"},
    {.name = "when nothing is ready the first rejected pod is popped early, never one after an error",
     .script = "0.1 add a\n"
               "0.1 add b\n"
               "0.1 add c\n"
               "0.1 pop a\n"
               "0.1 pop b\n"
               "0.2 reject a error\n"
               "0.2 reject b wait\n"
               "0.2 event node-label  | active c, backoff b:1, failed a:1\n"
               "0.3 pop c\n"
               "0.3 pop b             | failed a:1, flight c b\n"
               "0.3 pop -             | failed a:1, flight c b\n"},
    {.name = "an event after the backoff makes a pod ready at once",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a wait      | parked a\n"
               "2.0 event node-label   | active a\n"},
    {.name = "backoffs are flushed each whole second, whenever the queue was started",
     .script = "0.8 add a\n"
               "0.8 pop a\n"
               "0.9 reject a error  | failed a:1\n"
               "1.9 tick            | failed a:1\n"
               "2.0 tick            | active a\n",
     .settings = {.start_s = 0.75}},
    {.name = "a pod that waits for too long is tried again, each 30 s from the start",
     .script = "1.0    add a\n"
               "1.0    pop a\n"
               "1.5    reject a fit  | parked a\n"
               "300.25 tick          | parked a\n"
               "330.24 tick          | parked a\n"
               "330.25 tick          | active a\n",
     .settings = {.start_s = 0.25}},
    {.name = "too long is longer than the limit",
     .script = "0    add a\n"
               "0    pop a\n"
               "30.0 reject a fit\n"
               "60.0 tick  | parked a\n"
               "90.0 tick  | active a\n",
     .settings = {.max_parked_s = 30}},
    {.name = "exactly as long as allowed is not too long",
     .script = "0.0   add a\n0.0  add b\n"
               "0.0   pop a\n0.0  reject a fit\n"
               "30.0  pop b\n30.0 reject b fit\n"
               "330.0 tick  | active a, parked b\n"
               "359.9 tick  | active a, parked b\n"
               "360.0 tick  | active a b\n"},
    {.name = "a leftover may still back off",
     .script = "0.0  add a\n"
               "0.0  pop a\n"
               "59.9 reject a fit\n"
               "60.0 tick    | parked a\n"
               "89.9 tick    | parked a\n"
               "90.0 tick    | backoff a:119\n"
               "119.9 tick   | backoff a:119\n"
               "120.0 tick   | active a\n",
     .settings = {.initial_backoff_s = 60, .max_backoff_s = 60, .max_parked_s = 30}},
    {.name = "many periods may pass in one step",
     .script = "0 add a\n"
               "0 add b\n"
               "0 pop a\n"
               "0 pop b\n"
               "1 reject a fit\n"
               "1 reject b error\n"
               "100000 tick  | active a b\n"},
    {.name = "gated pods are never released by time, but tell pods in flight of it",
     .script = "0   add g+gate\n"
               "0   add a\n"
               "0   add b\n"
               "0   pop a\n"
               "330 tick            | active b, gated g, flight a\n"
               "331 pop b\n"
               "332 reject b fit    | parked b, gated g, flight a\n"
               "332 reject a fit    | backoff a:333, parked b, gated g\n"},
};

static void time_moves_pods(void **state)
{
    (void)state;
    run_all(clocks, ARRAY_LEN(clocks));
}

/* ---- events ---- */

static const struct history event_cases[] = {
    {.name = "only what a rejecting plugin has registered moves a pod, and only when its hint says so",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a fit           | parked a\n"
               "0.2 event pod-add          | parked a\n"
               "0.2 event node-label       | parked a\n"
               "0.2 event node-add-small   | parked a\n"
               "0.2 event node-resize      | backoff a:1\n"},
    {.name = "whoever waits for new nodes hears of taints too",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a fit           | parked a\n"
               "0.2 event node-taint       | backoff a:1\n"},
    {.name = "whoever waits for labels of nodes alone does not",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a wait          | parked a\n"
               "0.2 event node-taint       | parked a\n"},
    {.name = "a hint that fails counts as yes",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a broken\n"
               "0.2 event node-delete      | backoff a:1\n"},
    {.name = "a plugin that registered nothing is woken by everything that has handlers",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a any\n"
               "0.2 event slice-add        | parked a\n"
               "0.2 event pod-update       | backoff a:1\n"
               "0.3 pop a\n"
               "0.3 reject a any           | parked a\n"
               "0.3 event claim-add        | backoff a:2\n"},
    {.name = "so is a pod that an extender rejected",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a extender      | parked a\n"
               "0.3 event claim-add        | backoff a:1\n"},
    {.name = "a plugin that rejects nothing is not asked",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a mute          | parked a\n"
               "0.3 event claim-add        | parked a\n"},
    {.name = "one of several rejecting plugins is enough",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a fit wait      | parked a\n"
               "0.2 event node-label       | backoff a:1\n"},
    {.name = "what a pod was pending for makes it ready without backoff",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a fit !wait     | parked a\n"
               "0.2 event node-label       | active a\n"
               "0.3 pop a\n"
               "0.3 reject a fit !wait\n"
               "0.4 event node-resize      | backoff a:2\n"},
    {.name = "an event may concern pods up to a priority only",
     .script = "0.1 add a@1\n"
               "0.1 add b@2\n"
               "0.1 pop b\n"
               "0.1 pop a\n"
               "0.1 reject a fit\n"
               "0.1 reject b fit           | parked a b\n"
               "0.2 event pod-delete 1     | backoff a:1, parked b\n"},
    {.name = "the pods of several groups are woken together",
     .script = "0.1 add a\n"
               "0.1 add b\n"
               "0.1 add c\n"
               "0.1 pop a\n"
               "0.1 pop b\n"
               "0.1 pop c\n"
               "0.1 reject a fit\n"
               "0.1 reject b wait\n"
               "0.1 reject c wait fit      | parked a b c\n"
               "0.2 event pod-delete       | backoff a:1 c:1, parked b\n"},
};

static void events_wake_whom_they_concern(void **state)
{
    (void)state;
    run_all(event_cases, ARRAY_LEN(event_cases));
}

/* ---- gates ---- */

static const struct history gate_cases[] = {
    {.name = "a gated pod enters when its gate is gone",
     .script = "0.1 add a+gate   | gated a\n"
               "0.2 update a     | active a\n"},
    {.name = "a pod with two gates waits for both",
     .script = "0.1 add a+gate+gate2     | gated a\n"
               "0.2 event node-add       | gated a\n"
               "0.3 update a+gate2       | gated a\n"
               "0.4 event node-delete    | gated a\n"
               "0.5 update a             | active a\n"},
    {.name = "the gate's own events open it",
     .script = "0.1 add a+gate2          | gated a\n"
               "0.2 update a             | gated a\n"
               "0.3 event node-add-small | active a\n"},
    {.name = "an event opens no gate that still says no",
     .script = "0.1 add a+gate2          | gated a\n"
               "0.2 event node-add       | gated a\n"
               "0.3 event node-delete    | gated a\n"},
    {.name = "activating a gated pod leaves it gated",
     .script = "0.1 add a+gate           | gated a\n"
               "0.2 activate a           | gated a\n"},
    {.name = "a pod that comes back may be gated then",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 update a+gate\n"
               "0.3 reject a error       | gated a\n"
               "0.4 update a             | backoff a:1\n"},
    {.name = "a woken pod may be gated then, and only the gate's events count",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 reject a fit\n"
               "0.3 update a+gate        | parked a\n"
               "0.4 event pod-delete     | gated a\n"
               "0.5 event pod-delete     | gated a\n"
               "0.6 update a             | backoff a:1\n"},
    {.name = "PreEnqueue is not asked again when a backoff ends",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.1 reject a error       | failed a:1\n"
               "0.2 update a+gate        | failed a:1\n"
               "2.0 tick                 | active a\n"},
};

static void gates_keep_pods_out(void **state)
{
    (void)state;
    run_all(gate_cases, ARRAY_LEN(gate_cases));
}

/* ---- pods in flight ---- */

static const struct history flight_cases[] = {
    {.name = "an event during the flight counts when the pod comes back",
     .script = "0.1 add a\n"
               "0.1 add b\n"
               "0.1 pop a\n"
               "0.2 event node-label     | active b, flight a\n"
               "0.3 pop b\n"
               "0.4 reject b wait        | parked b, flight a\n"
               "0.5 reject a wait        | backoff a:1, parked b\n"},
    {.name = "one that nobody waits for is not kept",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 event node-add-small\n"
               "0.5 reject a wait        | parked a\n"},
    {.name = "a pod that was pending for it is ready at once",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 event node-resize\n"
               "0.2 event node-label\n"
               "0.5 reject a fit !wait   | active a\n"},
    {.name = "its own update during the flight counts",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 update a@3\n"
               "0.3 reject a careful     | backoff a:1\n"
               "0.3 pop a\n"
               "0.4 reject a careful     | parked a\n"},
    {.name = "a pod comes back as the newest object",
     .script = "0.1 add a\n"
               "0.1 add b@3\n"
               "0.1 pop b\n"
               "0.1 pop a\n"
               "0.2 update a@5\n"
               "0.3 reject b fit\n"
               "0.3 reject a fit\n"
               "0.3 activate b\n"
               "0.3 activate a           | active a b\n"},
    {.name = "a deleted pod does not come back",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 delete a             | flight a\n"
               "0.3 reject a fit         |\n"},
    {.name = "nor one that somebody else has bound",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 bind a\n"
               "0.3 reject a error       |\n"},
    {.name = "nor one that is another pod now",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 delete a\n"
               "0.2 add a#2              | active a, flight a\n"
               "0.3 reject a fit         | active a\n"},
    {.name = "activating a pod in flight makes that pod alone be tried again",
     .script = "0.1 add a\n"
               "0.1 add b\n"
               "0.1 pop a\n"
               "0.1 pop b\n"
               "0.2 activate a\n"
               "0.3 reject a fit         | backoff a:1, flight b\n"
               "0.3 reject b fit         | backoff a:1, parked b\n"},
    {.name = "a timeout of leftovers concerns every pod in flight",
     .script = "0   add a\n"
               "0   add b\n"
               "0   pop a\n"
               "1   reject a fit\n"
               "2   pop b\n"
               "330 tick                 | active a, flight b\n"
               "331 reject b fit         | active a, backoff b:332\n"},
};

static void pods_in_flight_miss_nothing(void **state)
{
    (void)state;
    run_all(flight_cases, ARRAY_LEN(flight_cases));
}

/* ---- activation and updates ---- */

static const struct history update_cases[] = {
    {.name = "activation takes a pod from where it waits",
     .script = "0.1 add a\n"
               "0.1 add b\n"
               "0.1 pop a\n"
               "0.1 pop b\n"
               "0.2 reject a fit\n"
               "0.2 reject b error       | failed b:1, parked a\n"
               "0.3 activate a           | active a, failed b:1\n"
               "0.3 activate b           | active a b\n"
               "0.3 activate b           | active a b\n"},
    {.name = "an update wakes a parked pod when a plugin that rejected it cares",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 reject a fit\n"
               "0.3 update a@4           | parked a\n"
               "0.4 update a@4+other     | parked a\n"
               "0.5 delete a\n"
               "0.5 add b\n"
               "0.5 pop b\n"
               "0.5 reject b careful\n"
               "0.6 update b@4           | backoff b:1\n"},
    {.name = "an update of a pod that backs off keeps its end",
     .script = "0.1 add a\n"
               "0.1 add b\n"
               "0.1 pop a\n"
               "0.1 pop b\n"
               "0.2 reject a wait\n"
               "0.2 reject b wait\n"
               "0.3 event node-label     | backoff a:1 b:1\n"
               "0.4 update b@9           | backoff b:1 a:1\n"},
};

static void updates_and_activation(void **state)
{
    (void)state;
    run_all(update_cases, ARRAY_LEN(update_cases));
}

/* ---- nominations ---- */

static const struct history nomination_cases[] = {
    {.name = "a pod is nominated by its status once it may enter",
     .script = "0 add a>n1         | active a, nominated n1=a\n"
               "0 add b+gate>n1    | active a, gated b, nominated n1=a\n"
               "0 add c>n1         | active a c, gated b, nominated n1=a,c\n"
               "0 update b>n1      | active a b c, nominated n1=a,c,b\n"},
    {.name = "a failed attempt nominates, clears or leaves alone",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 reject a fit >n2    | parked a, nominated n2=a\n"
               "0.3 event pod-delete\n"
               "0.3 pop a               | flight a, nominated n2=a\n"
               "0.4 reject a fit >      | parked a\n"
               "0.5 activate a\n"
               "0.5 pop a\n"
               "0.6 reject a fit >n1    | parked a, nominated n1=a\n"
               "0.6 activate a\n"
               "0.6 pop a\n"
               "0.7 reject a fit        | parked a\n"},
    {.name = "left alone means what the status says",
     .script = "0.1 add a>n1\n"
               "0.1 add b>n1\n"
               "0.1 pop a               | active b, flight a, nominated n1=a,b\n"
               "0.2 reject a fit        | active b, parked a, nominated n1=b,a\n"},
    {.name = "an update that does not know of the nomination keeps it",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 reject a fit >n2    | parked a, nominated n2=a\n"
               "0.3 update a+other      | parked a, nominated n2=a\n"
               "0.4 update a>n1         | parked a, nominated n1=a\n"
               "0.5 update a            | parked a\n"},
    {.name = "a deleted or bound pod is nominated no more",
     .script = "0.1 add a>n1\n"
               "0.1 add b>n1            | active a b, nominated n1=a,b\n"
               "0.2 delete a            | active b, nominated n1=b\n"
               "0.2 bind b              |\n"},
    {.name = "a pod that does not come back is not nominated",
     .script = "0.1 add a\n"
               "0.1 pop a\n"
               "0.2 delete a\n"
               "0.3 reject a fit >n2    |\n"},
};

static void nominations_follow_pods(void **state)
{
    (void)state;
    run_all(nomination_cases, ARRAY_LEN(nomination_cases));
}

/* ---- what 100,000 pods cost ---- */

static bool never_less(void *self, const struct berth_queued *a, const struct berth_queued *b)
{
    (void)self, (void)a, (void)b;
    return false;
}

static uint32_t hints_asked;

static enum berth_hint counted(void *context, uint32_t profile, const struct registered *registered,
                               const struct berth_pod *pod, const struct berth_change *change)
{
    (void)context, (void)profile, (void)registered, (void)pod, (void)change;
    hints_asked++;
    return BERTH_HINT_SKIP;
}

static const struct berth_pod *itself(void *context, const struct berth_pod *pod)
{
    (void)context;
    return pod;
}

static enum berth_hint unused(const struct berth_cycle *c, const struct berth_change *change)
{
    (void)c, (void)change;
    return BERTH_HINT_SKIP;
}

static void an_event_for_nobody_is_dismissed_without_asking(void **state)
{
    (void)state;
    enum { PODS = 3000 };
    static const struct berth_registration on_claims[] = {
        {{BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ALL_ACTIONS}, unused}};
    static const struct berth_registration on_nodes[] = {{{BERTH_ON_NODE, BERTH_ALL_ACTIONS}, unused}};
    static const struct queue_plugin plugins[] = {{on_claims, 1, true}, {on_nodes, 1, true}};
    struct world world;
    struct queue queue;
    world_init(&world);
    queue_init(&queue, &(struct queue_options){.catalog = world.catalog,
                                               .host = {.hint = counted, .latest = itself},
                                               .less = never_less,
                                               .initial_backoff_ns = 1,
                                               .max_backoff_ns = 1,
                                               .max_parked_ns = INT64_MAX / 2});
    struct queue_profile_setup setup = {.plugins = plugins, .plugins_len = ARRAY_LEN(plugins)};
    assert_int_equal(queue_add_profile(&queue, &setup), 0);
    for (int i = 0; i < PODS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "p%d", i);
        assert_int_equal(queue_add(&queue, world_plain_pod(&world, name, "", 1), 0, 0), 0);
        queue_reject(&queue, queue_pop(&queue), &(struct queue_failure){.unschedulable = 1}, 0);
    }
    assert_int_equal(queue_len(&queue, QUEUE_PARKED), PODS);
    hints_asked = 0;
    queue_event(&queue, &(struct berth_change){.event = {BERTH_ON_NODE, BERTH_ADD}}, INT32_MAX, 0);
    assert_int_equal(hints_asked, 0);
    queue_event(&queue, &(struct berth_change){.event = {BERTH_ON_PERSISTENT_VOLUME_CLAIM, BERTH_ADD}},
                INT32_MAX, 0);
    assert_int_equal(hints_asked, PODS);
    /* The pod itself, a place in the index and in each heap, and room for a place among those in flight. */
    size_t per_pod =
        sizeof(struct queued_pod) + (queue.active.pods.cap * 3 + queue.woken_cap) * sizeof(void *) / PODS
        + (queue.by_name.chains.cap + queue.in_flight.index.chains.cap) * sizeof(struct map_slot) / PODS;
    assert_true(per_pod <= 512);
    queue_fini(&queue);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pods_leave_in_order),
        cmocka_unit_test(time_moves_pods),
        cmocka_unit_test(events_wake_whom_they_concern),
        cmocka_unit_test(gates_keep_pods_out),
        cmocka_unit_test(pods_in_flight_miss_nothing),
        cmocka_unit_test(updates_and_activation),
        cmocka_unit_test(nominations_follow_pods),
        cmocka_unit_test(an_event_for_nobody_is_dismissed_without_asking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

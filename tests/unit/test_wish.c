/* Timelines and what-if options as they are read: what they mean, and what is wrong with them. */
#include "check.h"
#include "doc_text.h"
#include "session_text.h"
#include "sim/cluster.h"
#include "sim/when.h"

#include <stdio.h>

static void show(struct buf *b, const struct wishes *w)
{
    static const char *const actions[] = {"add", "update", "delete", "drain", "fail", "scale"};
    for (size_t i = 0; i < w->list.len; i++) {
        const struct wish *wish = &w->list.at[i];
        buf_printf(b, "%g %s", (double)wish->at_ns / 1e9, actions[wish->action]);
        if (wish->kind)
            buf_printf(b, " %s", wish->kind->kind);
        if (wish->namespace.len)
            buf_printf(b, " in %.*s", BERTH_FMT(wish->namespace));
        if (wish->name.len)
            buf_printf(b, " %.*s", BERTH_FMT(wish->name));
        if (wish->file)
            buf_printf(b, " from %s", wish->file);
        if (wish->action == WISH_SCALE || wish->count)
            buf_printf(b, " %u", wish->count);
        buf_char(b, '\n');
    }
}

struct row {
    const char *name, *text, *want; /* the wishes, a line each, or the error */
};

static void check_rows(const struct row *rows, size_t len,
                       int (*read)(struct wishes *, const struct doc *, struct err *))
{
    for (size_t i = 0; i < len; i++) {
        struct doc doc = doc_of(berth_str_of(rows[i].text), DOC_YAML);
        struct wishes wishes = {0};
        struct buf got = {0};
        struct err err = {0};
        if (read(&wishes, &doc, &err) < 0)
            buf_puts(&got, err_text(&err));
        else
            show(&got, &wishes);
        CHECK_STR(buf_view(&got), rows[i].want, rows[i].name);
        buf_fini(&got);
        err_fini(&err);
        wishes_fini(&wishes);
        doc_end(&doc);
    }
}

static void yaml(void **state)
{
    static const struct row rows[] = {
        {"an empty timeline changes nothing", "", ""},
        {"every action, in short",
         "- {at: 0, add: a.yaml}\n- {at: 1.5, update: /b.yaml}\n- {at: 1h30m, delete: shop/po/p}\n"
         "- {at: 2s, drain: n1}\n- {at: '3', fail: [n1, m1]}\n- {at: 4, scale: deploy/web=0}\n",
         "0 add from a.yaml\n1.5 update from /b.yaml\n5400 delete Pod in shop p\n2 drain n1\n3 fail n1\n3 "
         "fail m1\n"
         "4 scale Deployment web 0\n"},
        {"objects are named by their parts, too",
         "- at: 1\n  delete: {kind: Node, name: n1}\n- at: 2\n"
         "  scale: {kind: StatefulSet, namespace: shop, name: db, replicas: 3}\n",
         "1 delete Node n1\n2 scale StatefulSet in shop db 3\n"},
        {"it is a list", "at: 1\n", "t:1: a timeline is a list of entries such as {at: 1h, drain: node-1}"},
        {"in one document", "---\n- {at: 1, drain: n1}\n---\n- {at: 1, drain: n2}\n",
         "t:2: a timeline is one document, not several"},
        {"of objects", "- {at: 1, drain: n1}\n- drain\n",
         "t:2: an entry must be an object such as {at: 1h, drain: node-1}"},
        {"each with its moment", "- {at: 1, drain: n1}\n- {drain: n1}\n",
         "t:2: at is missing: when is that to happen?"},
        {"which is a time", "- at: soon\n  drain: n1\n",
         "t:1: at: \"soon\" is neither a number of seconds nor a duration such as 1h30m"},
        {"written as one", "- at: false\n  drain: n1\n",
         "t:1: at: \"\" is neither a number of seconds nor a duration such as 1h30m"},
        {"not before the beginning", "- at: -1s\n  drain: n1\n", "t:1: at: \"-1s\" is before the beginning"},
        {"nor in another century", "- at: 4000000000\n  drain: n1\n",
         "t:1: at: \"4000000000\" is more than a century"},
        {"and an action", "- at: 1\n",
         "t:1: an entry has one action: add, update, delete, drain, fail or scale"},
        {"but only one", "- {at: 1, drain: n1, fail: n1}\n",
         "t:1: an entry has one action: add, update, delete, drain, fail or scale"},
        {"whose name is known", "- at: 1\n  drian: n\n", "t:2: unknown key \"drian\"; did you mean drain?"},
        {"and given once", "- at: 1\n  at: 2\n  drain: n1\n", "t:2: at is given twice"},
        {"a node has a name", "- at: 1\n  drain: {name: n1}\n",
         "t:2: drain: this must be the name of a node"},
        {"also in a list", "- at: 1\n  fail:\n  - a\n  - [b]\n",
         "t:4: fail: this must be the name of a node"},
        {"what is added is an object or a file", "- at: 1\n  add: 7\n",
         "t:2: add: this must be an object, or the name of a file"},
        {"what is deleted has a kind that is known", "- at: 1\n  delete: pot/p\n",
         "t:2: delete: \"pot\" is not a kind known here; did you mean Pod?"},
        {"and reads so", "- at: 1\n  delete: p\n", "t:2: delete: \"p\" does not read [NAMESPACE/]KIND/NAME"},
        {"with nothing more", "- at: 1\n  delete: a/b/c/d\n",
         "t:2: delete: \"a/b/c/d\" does not read [NAMESPACE/]KIND/NAME"},
        {"or has its parts", "- at: 1\n  delete: {kind: Pod}\n", "t:2: delete: name is missing"},
        {"which are texts", "- at: 1\n  delete: {kind: Pod, name: [p]}\n",
         "t:2: delete: name must be a text"},
        {"and known", "- at: 1\n  delete: {kind: Pod, name: p, namespaec: x}\n",
         "t:2: delete: unknown key \"namespaec\"; did you mean namespace?"},
        {"nodes are in no namespace", "- at: 1\n  delete: x/node/n1\n",
         "t:2: delete: \"x/node/n1\": a Node is in no namespace"},
        {"however that is said", "- at: 1\n  delete:\n    kind: Node\n    name: n1\n    namespace: x\n",
         "t:5: delete: a Node is in no namespace"},
        {"not everything is scaled", "- at: 1\n  scale: ds/agent=3\n",
         "t:2: scale: a DaemonSet cannot be scaled"},
        {"however that is said, either", "- at: 1\n  scale: {kind: Pod, name: p, replicas: 3}\n",
         "t:2: scale: a Pod cannot be scaled"},
        {"it is scaled to a number", "- at: 1\n  scale: deploy/web=many\n",
         "t:2: scale: \"many\" is not a whole number from 0 to 1000000"},
        {"which is whole", "- at: 1\n  scale: {kind: Job, name: j, replicas: -3}\n",
         "t:2: scale: \"-3\" is not a whole number from 0 to 1000000"},
        {"and not too large", "- at: 1\n  scale: deploy/web=99999999999999999999\n",
         "t:2: scale: \"99999999999999999999\" is not a whole number from 0 to 1000000"},
        {"and there", "- at: 1\n  scale: deploy/web\n",
         "t:2: scale: \"deploy/web\" does not read [NAMESPACE/]KIND/NAME=REPLICAS"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), wishes_of_yaml);
}

static void csv(void **state)
{
    static const struct row rows[] = {
        {"an empty timeline changes nothing", "", ""},
        {"so does one with a header alone", "at,action,object,value\n", ""},
        {"a byte order mark is none of it",
         "\xef\xbb\xbf"
         "at,action,object,value\n3,drain,n\n",
         "3 drain n\n"},
        {"every action",
         "at,action,object,value\r\n# spring\r\n\r\n0, add "
         ",nodes.yaml,3\n1h,update,b.yaml\n2,delete,shop/po/p,\n"
         "3,drain,n\n4,fail,n,\n\"5\",scale,\"deploy/\"\"web\",7",
         "0 add from nodes.yaml 3\n3600 update from b.yaml\n2 delete Pod in shop p\n3 drain n\n4 fail n\n"
         "5 scale Deployment \"web 7\n"},
        {"the header is that", "at,what\n", "t:1: the first line must read at,action,object,value"},
        {"a time is a time", "at,action,object,value\nnever,drain,n\n",
         "t:2: \"never\" is neither a number of seconds nor a duration such as 1h30m"},
        {"an action is known", "at,action,object,value\n1,drop,n\n",
         "t:2: \"drop\" is none of add, update, delete, drain, fail and scale"},
        {"and there", "at,action,object,value\n1\n",
         "t:2: \"\" is none of add, update, delete, drain, fail and scale"},
        {"with an object", "at,action,object,value\n\n1,drain\n", "t:3: drain needs an object"},
        {"and a value only where it takes one", "at,action,object,value\n1,drain,n,5\n",
         "t:2: drain takes no value"},
        {"which may be none", "at,action,object,value\n1,scale,deploy/web\n",
         "t:2: \"\" is not a whole number from 0 to 1000000"},
        {"there are four columns", "at,action,object,value\n1,drain,n,,\n",
         "t:2: a line has the columns at, action, object and value, and no more"},
        {"quotes are closed", "at,action,object,value\n1,drain,\"n\n", "t:2: a quote is not closed"},
        {"and end a field", "at,action,object,value\n1,drain,\"n\"m\n",
         "t:2: a comma is missing behind a quote"},
        {"not everything is scaled", "at,action,object,value\n1,scale,po/p,3\n",
         "t:2: a Pod cannot be scaled"},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows), wishes_of_csv);
}

/* What is wrong with a timeline only shows where the cluster is known. */
static void unknown_objects(void **state)
{
    static const char cluster_text[] =
        "---\n{apiVersion: v1, kind: Node, metadata: {name: node-1}}\n---\n"
        "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{name: c, "
        "image: i}]}}\n---\n"
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: "
        "{spec: {"
        "containers: [{name: c, image: i}]}}}}\n---\n"
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: old, uid: u}, spec: {template: {}}}\n";
    static const struct row rows[] = {
        {"a node that is there is no error", "[{at: 1, drain: node-1}]", ""},
        {"one that is not there is", "[{at: 1, drain: node-2}]",
         "t:1: there is no Node node-2; did you mean node-1?"},
        {"nor is one that was there", "[{at: 1, fail: node-1}, {at: 2, drain: node-1}]",
         "t:1: Node node-1 is gone by then"},
        {"order is that of time, not of the file", "[{at: 2, fail: node-1}, {at: 1, drain: node-1}]", ""},
        {"a pod in another namespace", "[{at: 1, delete: po/p}]",
         "t:1: there is no Pod default/p; did you mean shop/p?"},
        {"a pod that is there already",
         "- at: 1\n  add:\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: p, "
         "namespace: shop}\n    spec: {containers: [{name: c, image: i}]}\n",
         "t:3: Pod shop/p: it is there already: `update` replaces it"},
        {"a pod that is not there to be updated",
         "[{at: 1, update: {apiVersion: v1, kind: Pod, metadata: {name: q}, "
         "spec: {containers: [{name: c, image: i}]}}}]",
         "t:1: Pod default/q: there is none to update"},
        {"an object that is wrong",
         "[{at: 1, add: {apiVersion: v1, kind: Pod, metadata: {name: q}, spec: 7}}]",
         "t:1: Pod default/q: spec: expected an object, found a number"},
        {"a kind that plays no part", "[{at: 1, add: {apiVersion: v1, kind: Secret, metadata: {name: s}}}]",
         "t:1: Secret default/s: kind: a Secret plays no part here"},
        {"a workload is not updated",
         "[{at: 1, update: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web, "
         "namespace: shop}, spec: {template: {spec: {}}}}}]",
         "t:1: Deployment shop/web: workloads are not updated: scale them, or update their pods"},
        {"a workload that was there", "[{at: 1, delete: shop/deploy/web}, {at: 2, scale: shop/deploy/web=1}]",
         "t:1: Deployment shop/web is gone by then"},
        {"a workload that is not there", "[{at: 1, scale: shop/deploy/wbe=3}]",
         "t:1: there is no Deployment shop/wbe; did you mean shop/web?"},
        {"a Deployment whose ReplicaSets are not there", "[{at: 1, scale: deploy/old=3}]",
         "t:1: the ReplicaSets of Deployment default/old are not among the objects: get them, too"},
        {"a file that is not there", "[{at: 1, add: gone.yaml}]",
         "t:1: gone.yaml: No such file or directory"},
    };
    (void)state;
    char path[] = "/tmp/berth-test-XXXXXX";
    write_temporary(path, cluster_text);
    const char *const paths[] = {path};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct doc doc = doc_of(berth_str_of(rows[i].text), DOC_YAML);
        struct wishes wishes = {0};
        struct err err = {0};
        struct cluster cluster = {.catalog = catalog_new()};
        struct catalog *catalog = cluster.catalog;
        struct cluster_options options = {.timed = true, .wishes = &wishes};
        assert_int_equal(wishes_of_yaml(&wishes, &doc, &err), 0);
        bool failed = cluster_load(&cluster, paths, 1, &options, &err) < 0;
        CHECK_STR(berth_str_of(failed ? err_text(&err) : ""), rows[i].want, rows[i].name);
        err_fini(&err);
        cluster_fini(&cluster);
        catalog_free(catalog);
        wishes_fini(&wishes);
        doc_end(&doc);
    }
    unlink(path);
}

static void moments(void **state)
{
    static const struct {
        const char *text, *want; /* nanoseconds, or the error */
    } rows[] = {
        {"0", "0"},
        {"12902960", "12902960000000000"},
        {"0.25", "250000000"},
        {".5", "500000000"},
        {"3.", "3000000000"},
        {"0.0000000019", "1"},
        {"3155760000", "3155760000000000000"},
        {"3155760001", "\"3155760001\" is more than a century"},
        {"99999999999999999999999", "\"99999999999999999999999\" is more than a century"},
        {"1.2.3", "\"1.2.3\" is not a number of seconds"},
        {"1h", "\"1h\" is not a number of seconds"},
        {".", "\".\" is not a number of seconds"},
        {"", "\"\" is not a number of seconds"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = {0};
        struct buf got = {0};
        int64_t ns = 0;
        if (when_seconds(berth_str_of(rows[i].text), &ns, &err) < 0)
            buf_puts(&got, err_text(&err));
        else
            buf_printf(&got, "%lld", (long long)ns);
        CHECK_STR(buf_view(&got), rows[i].want, rows[i].text);
        buf_fini(&got);
        err_fini(&err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(yaml),
        cmocka_unit_test(csv),
        cmocka_unit_test(unknown_objects),
        cmocka_unit_test(moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

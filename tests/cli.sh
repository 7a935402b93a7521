#!/usr/bin/env bash
# The program as its users see it: what it prints, and how it ends. usage: cli.sh BERTH EXAMPLES COMPLETION
set -uo pipefail
berth=$(realpath "$1") examples=$(realpath "$2") completion=$(realpath "$3")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0 failed=0
unset NO_COLOR

ok() { # ok NAME CONDITION...: the condition is a command
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$name"
        [ ! -s out ] || head -5 out
        [ ! -s err ] || head -5 err
    fi
}
run() { # run ARGUMENTS...: leaves out, err and $status
    status=0
    "$berth" "$@" >out 2>err </dev/null || status=$?
}
ends() { [ "$status" -eq "$1" ]; }
prints() { grep -qF -- "$1" out; }
complains() { grep -qF -- "$1" err; }
silent() { [ ! -s err ]; }
same() { cmp -s "$1" "$2"; }

cat >nodes.yaml <<'Y'
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}
status: {allocatable: {cpu: "2", memory: 4Gi, pods: "10"}}
---
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {kubernetes.io/hostname: n2}}
status: {allocatable: {cpu: "4", memory: 8Gi, pods: "10"}}
Y
pod() { # pod NAME CPU
    printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: test}\nspec:\n  containers:\n' "$1"
    printf '  - name: c\n    image: i\n    resources: {requests: {cpu: "%s"}}\n' "$2"
}
pod small 1 >small.yaml
pod huge 64 >huge.yaml

# ---- simulate ----
run simulate -f nodes.yaml -f small.yaml
ok "everything placed ends with 0" ends 0
ok "everything placed says so" prints "1 pod: 1 placed"
ok "nothing is said on standard error" silent
run simulate -f nodes.yaml -f huge.yaml
ok "something pending ends with 3" ends 3
ok "the message is kube-scheduler's" prints "0/2 nodes are available: 2 Insufficient cpu."
pod mine 1 | sed "s|^spec:|spec:\n  schedulerName: other|" >other.yaml
run simulate -f nodes.yaml -f other.yaml
ok "a pod of another scheduler is not placed" ends 3
ok "a pod of another scheduler is said to be" prints "no profile has the scheduler name \"other\""
rm other.yaml
run simulate -f nodes.yaml -f huge.yaml --explain-failures
ok "failures are explained by plugin" prints "NodeResourcesFit"
run simulate nodes.yaml small.yaml
ok "files may be operands" ends 0
run simulate -f '*.yaml' -o csv
ok "patterns are expanded" prints "test,small,placed,"
mkdir some && cp nodes.yaml small.yaml some/
run simulate -f some -o csv
ok "a folder stands for its files" prints "test,small,placed,"
cat nodes.yaml small.yaml | sed 's/^apiVersion: v1$/---\n&/' >both.yaml
"$berth" simulate -f - -o csv <both.yaml >out 2>err
ok "- is standard input" prints "test,small,placed,"

run simulate -f "$examples" -o csv
cp out first.csv
ok "the examples leave pods pending" ends 3
run simulate -f "$examples" -o csv
ok "the same input and seed give the same placements" same out first.csv
run simulate -f "$examples" -o csv --no-cache
ok "without caching the same placements" same out first.csv
run simulate -f "$examples" -o csv --per-node
ok "node by node the same placements" same out first.csv
run simulate -f "$examples"
ok "no colours where there is no terminal" bash -c '! grep -q "$(printf "\033")" out'
run simulate -f "$examples" -o wide
ok "wide lists every pod" prints "shop/cart-2"

for format in json yaml; do
    run simulate -f "$examples" -o $format
    cp out placed.$format
    run simulate -f "$examples/00-nodes.yaml" -f placed.$format -o csv
    cut -d, -f1,2,4 out | sort >again
    cut -d, -f1,2,4 first.csv | sort >before
    ok "$format output is input: the same nodes" same again before
    ok "$format output is input: what was placed is bound" prints "shop,cart-0,bound,"
    ok "$format output is input: what was pending is tried again" prints "ml,notebook,pending,"
done

with() { # with LINES...: the pod on standard input, as a further document, with these lines in its spec
    sed "1i ---"'
'"s/^spec:/spec:$(printf '\\n  %s' "$@")/"
}
owner='ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: rs, uid: u, controller: true}]'
{
    cat nodes.yaml
    pod low 3 | with "nodeName: n2" "priority: 1"
    pod owned 1 | with "nodeName: n2" "priority: 2" | sed "s|name: owned,|&$owner,|"
    pod high 4 | with "priority: 9"
} >preempting.yaml
run simulate -f preempting.yaml -o csv
ok "a pod of high priority takes the place of others" prints "test,high,placed,n2,"
ok "a pod without a controller is gone then" prints "test,low,preempted,,preempted by test/high"
ok "one with a controller comes back" prints "test,owned,placed,n1,"
run simulate -f preempting.yaml
ok "what preemption removed is summed up" prints "1 preempted; 2 removed on the way to make room"
ok "a pod that is gone was not placed" ends 3
for format in json yaml; do
    run simulate -f preempting.yaml -o $format
    cp out after.$format
    run simulate -f nodes.yaml -f after.$format -o csv
    ok "$format output is the cluster after preemption" ends 0
    ok "$format output has the winner where it was placed" prints "test,high,bound,n2,"
    ok "$format output lacks the pod that is gone" bash -c '! grep -q low out'
done
# ---- time and what if ----
cat >shop.yaml <<'Y'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, resources: {requests: {cpu: "1"}}}]}
Y
timed() { # timed NAME CPU ARRIVAL DEPARTURE
    pod "$1" "$2" | sed "s|namespace: test|&, annotations: {berth.dev/arrival-seconds: '$3', berth.dev/departure-seconds: '$4'}|"
}
{ cat nodes.yaml; timed one 4 0 60 | with; timed two 4 10.5 20 | with; } >timed.yaml
run simulate -f timed.yaml -o csv
ok "without --timeline no time passes" prints "test,two,pending,"
run simulate -f timed.yaml -o csv --timeline
ok "pods arrive, wait and leave" prints "test,two,departed,n2,,10.5,49.5,69.5,2"
ok "who has departed was placed" ends 0
run simulate -f timed.yaml --timeline
ok "the screen says who waited" prints "pods waited: p50 0s, p90 49.5s, p99 49.5s, longest 49.5s"
ok "the screen says when" prints "at most 1, after 10.5s"
ok "nobody is said to be only placed" prints "2 pods: 2 departed; scheduled in"
run simulate -f timed.yaml -o json --timeline
ok "JSON has the result in numbers" prints '"simulation":{"seconds":69.5,"pods":{"total":2,"placed":0,'
run simulate -f timed.yaml -o json
ok "also without time, which it then does not mention" bash -c 'grep -q "\"simulation\":{\"pods\"" out && ! grep -q podSeconds out'
sed 's/60/-1/' timed.yaml >wrong.yaml
run simulate -f wrong.yaml --timeline
ok "a wrong time is an error" ends 1
ok "which says where" complains 'wrong.yaml:13: Pod test/one: metadata.annotations["berth.dev/departure-seconds"]: "-1" is not a number of seconds'
sed 's/10.5/99/' timed.yaml >wrong.yaml
run simulate -f wrong.yaml --timeline
ok "nobody departs before arriving" complains "the pod departs before it arrives"
run simulate -f wrong.yaml
ok "without --timeline nobody looks at times" ends 3
rm timed.yaml wrong.yaml

printf '%s\n' '- {at: 1m, scale: shop/deploy/web=4}' '- {at: 2m, drain: n2}' '- {at: 3m, add: small.yaml}' >events.yml
mkdir timeline && mv events.yml timeline/events.yaml && cp small.yaml timeline/
run simulate -f nodes.yaml -f shop.yaml --timeline=timeline/events.yaml -o csv
ok "a timeline scales, drains and adds" bash -c '[ "$(grep -c "pending" out)" = 3 ] && grep -q "^test,small,pending,.*,180,,,2$" out'
printf 'at,action,object,value\n60,scale,shop/deploy/web,1\n' >timeline/events.csv
run simulate -f nodes.yaml -f shop.yaml --timeline=timeline/events.csv -o csv
ok "so does one in CSV" bash -c '[ "$(grep -c ",deleted," out)" = 1 ]'
echo '- {at: 5, drain: n3}' >timeline/events.yaml
run simulate -f nodes.yaml --timeline=timeline/events.yaml
ok "what is not there is an error" complains "timeline/events.yaml:1: there is no Node n3; did you mean n1?"
ok "and fails" ends 1
echo '- {at: 5, add: empty.yaml}' >timeline/events.yaml
: >timeline/empty.yaml
run simulate -f nodes.yaml --timeline=timeline/events.yaml
ok "a file to add with nothing in it is an error" complains "timeline/events.yaml:1: there is no object in timeline/empty.yaml"
ok "and fails" ends 1
run simulate -f nodes.yaml --timeline=gone.yaml
ok "a timeline that is not there is an error" complains "gone.yaml: No such file or directory"
run simulate -f nodes.yaml -f small.yaml --timeline --progress
ok "the progress bar shows time" complains "simulating ["
rm -r timeline

printf 'apiVersion: v1\nkind: Node\nmetadata: {name: big}\nstatus: {allocatable: {cpu: "64", pods: "10"}}\n' >big.yaml
mkdir what-if && mv big.yaml what-if/
run simulate -f nodes.yaml -f huge.yaml --add-nodes 2=what-if/big.yaml -o csv
ok "nodes are added" bash -c 'grep -Eq "^test,huge,placed,big-[01],$" out'
run simulate -f nodes.yaml -f shop.yaml --scale shop/deployment/web=7 -o csv
ok "a Deployment is scaled" bash -c '[ "$(grep -c ",placed," out)" = 6 ] && [ "$(grep -c ",pending," out)" = 1 ]'
run simulate -f nodes.yaml -f shop.yaml --scale shop/deployment/web=0 -o json
ok "also down, and who is gone is not in the output" prints '"items":[
],"simulation"'
run simulate -f preempting.yaml --drain n2 -o csv
ok "who is drained and has a controller is placed anew" prints "test,owned,placed,n1,"
ok "who has none is gone" prints "test,low,evicted,,node n2 was drained"
ok "which is no success" ends 3
cat >budget.yaml <<'Y'
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
Y
run simulate -f nodes.yaml -f shop.yaml -o json
cp out placed.json
drained="simulate -f nodes.yaml -f placed.json -f budget.yaml --drain n1"
refused='PodDisruptionBudget shop/web refuses the eviction: it needs 2 healthy pods and has 2'
run $drained
ok "a budget that needs all pods lets none go" bash -c 'grep -A2 "^Not drained" out | grep -q "^  1 stays on n1  shop/web-"'
ok "and is named" bash -c "tr -s '\n ' ' ' <out | grep -qF '$refused'"
ok "the summary counts who stays" prints "; 1 not evicted from drained nodes;"
ok "a drain without an end is no success" ends 3
run $drained -o csv
ok "in CSV the reason is that of the eviction" bash -c "[ \"\$(grep -c ',bound,n1,$refused\$' out)\" = 1 ]"
run $drained -o json
ok "in JSON there is a list of who stays" bash -c 'python3 -c "
import json
stay = json.load(open(\"out\"))[\"simulation\"][\"refusedEvictions\"]
assert [pod[\"node\"] for pod in stay] == [\"n1\"] and stay[0][\"reason\"].endswith(\"has 2\")"'
run $drained --disable-eviction -o csv
ok "unless the pods are deleted" bash -c '! grep -q ",n1," out'
echo '- {at: 3, drain: n1}' >drain.yaml
run simulate -f nodes.yaml -f placed.json -f budget.yaml --timeline=drain.yaml -o csv
ok "a timeline's drain asks budgets, too" prints ",bound,n1,$refused,"
run simulate -f nodes.yaml -f placed.json -f budget.yaml --timeline=drain.yaml --disable-eviction -o csv
ok "but not with --disable-eviction" bash -c '! grep -q ",n1," out'
run compare -c default -c default -f nodes.yaml -f placed.json -f budget.yaml --drain n1
ok "compare counts who was not evicted" bash -c 'grep -qE "^ +not evicted +1 +1$" out'
ok "which is no success, either" ends 3
run capacity -f nodes.yaml -f placed.json -f budget.yaml --pod small.yaml --drain n1
ok "a count says that a node is not drained" prints "1 stays on n1"
run capacity -f nodes.yaml -f placed.json -f budget.yaml --pod small.yaml --pod huge.yaml --drain n1
ok "also a count of several pods" bash -c '[ "$(grep -c "1 stays on n1" out)" = 1 ]'
run capacity -f nodes.yaml -f placed.json -f budget.yaml --pod small.yaml --drain n1 -o json
ok "and in JSON" prints '"refusedEvictions":[{"pod":"shop/web-'
run simulate -f nodes.yaml -f small.yaml --remove-node n1 --remove-node n2
ok "without nodes nothing fits" prints "no nodes available to schedule pods"
run simulate -f nodes.yaml --remove-node n9
ok "a node that is not there is an error" complains "--remove-node n9: there is no Node n9; did you mean n1?"
ok "and fails" ends 1
for option in "--add-nodes 2" "--add-nodes 0=f" "--scale web=3" "--scale deploy/web=x" "--scale pod/web=3"; do
    run simulate -f nodes.yaml $option
    ok "$option is wrong usage" ends 2
done
run simulate -f nodes.yaml --add-nodes 2=shop.yaml
ok "only nodes are added in numbers" complains "shop.yaml:1: Deployment shop/web: only nodes can be added in numbers"
rm -r what-if shop.yaml

run explain -f preempting.yaml --all
ok "explain says who would have to go" prints "preemption makes room on n2 by removing"
run explain -f preempting.yaml --all -o json
ok "explain names the victims in JSON, too" prints '"nominatedNode":"n2","victims":["test/owned","test/low"]'

: >nothing.yaml
run simulate -f nothing.yaml
ok "no input is an empty cluster" prints "the input has none"
ok "and is remarked on" complains "warning: nothing.yaml: no objects in it"
run simulate -f nodes.yaml -f -
ok "so is a pipe into which nothing came" complains "warning: standard input: no objects in it"
COLUMNS=50 run simulate -f nodes.yaml -f huge.yaml
ok "on a narrow screen nodes have no bars" bash -c 'grep "^  n1 " out | grep -qv ░'
for i in $(seq 70); do
    printf -- '---\napiVersion: v1\nkind: Node\nmetadata: {name: many-%d}\n' "$i"
    printf 'status: {allocatable: {cpu: "1", memory: 1Gi, pods: "10"}}\n'
done >many.yaml
cat >wide.yaml <<'Y'
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: wide, namespace: test}
spec:
  replicas: 70
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: c, image: i, resources: {requests: {cpu: "1"}}}]}
Y
run simulate -f many.yaml -f wide.yaml
ok "the nodes that are not named are counted" bash -c 'n=$(grep -o "many-" out | wc -l); grep -q "+$((70 - n)) more" out'

# ---- explain ----
run explain -f nodes.yaml -f huge.yaml --pod test/huge
ok "explain ends with 0" ends 0
ok "explain names the plugin" prints "NodeResourcesFit"
ok "explain says that nothing fits" prints "fits on none of 2 nodes"
run explain -f nodes.yaml -f huge.yaml --pod ''
ok "explain does not look for a pod without a name" ends 2
run explain -f nodes.yaml -f small.yaml --all
ok "explain counts what fits" prints "fits on 2 of 2 nodes"
run explain -f nodes.yaml -f small.yaml --all -o json
ok "explain writes its results" prints '{"pod":"test/small",'
run explain -f nodes.yaml -f small.yaml --pod test/smal
ok "a pod that is not there ends with 1" ends 1
ok "a pod that is not there gets a hint" complains "did you mean test/small?"
run explain -f nodes.yaml -f small.yaml
ok "explain without a pod is wrong usage" ends 2
run explain -f nodes.yaml -f small.yaml --pod small
ok "a pod of another namespace gets a hint" complains "did you mean test/small?"

# What would make a pod fit.
run explain -f nodes.yaml -f huge.yaml --pod test/huge
ok "explain says what would make the pod fit" prints "IT FITS IF YOU"
run explain -f nodes.yaml -f huge.yaml --pod test/huge --changes never
ok "or keeps it to itself" bash -c '! grep -q "IT FITS" out'
run explain -f nodes.yaml -f huge.yaml --pod test/huge -o json
ok "explain writes the changes to JSON" prints '"changes":[{"kind":"lowerRequest","text":"request'
run explain -f nodes.yaml -f huge.yaml --all -o json
ok "but not for all pods unless it is told to" bash -c '! grep -q changes out'
run explain -f nodes.yaml -f huge.yaml --all -o json --changes always
ok "as it is here" prints '"changes":['
run explain -f nodes.yaml -f small.yaml --pod test/small -o json
ok "a pod that fits needs no changes" bash -c '! grep -q changes out'
run explain -f preempting.yaml --pod test/high
ok "preemption comes before the changes" bash -c \
    'grep -n "preemption makes room\|IT FITS" out | sort -n | head -1 | grep -q preemption'

# Claims that their controllers have yet to see to.
cat >claims.yaml <<'END'
{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: now}, provisioner: disks.example.com}
---
{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: gone, namespace: test}, spec: {accessModes: [ReadWriteOnce], storageClassName: missing}}
---
apiVersion: v1
kind: Pod
metadata: {name: fits, namespace: test}
spec:
  containers: [{name: c, image: i, resources: {requests: {cpu: 100m}}}]
  volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: now}}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: huge, namespace: test}
spec:
  containers: [{name: c, image: i, resources: {requests: {cpu: 100}}}]
  volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: now}}}}]
---
apiVersion: v1
kind: Pod
metadata: {name: stuck, namespace: test}
spec:
  containers: [{name: c, image: i}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: gone}}]
---
apiVersion: v1
kind: Pod
metadata: {name: gated, namespace: test}
spec:
  schedulingGates: [{name: g}]
  containers: [{name: c, image: i}]
  volumes: [{name: v, persistentVolumeClaim: {claimName: gone}}]
END
run explain -f nodes.yaml -f claims.yaml --pod test/fits
ok "explain says what the scheduler says now" prints "waiting for ephemeral volume controller to create the"
ok "and what becomes of the claim" prints \
    "fits-v  now    make it for the pod; bind it to a new volume of disks.example.com"
ok "and where the pod fits then" prints "  Once that is done: fits on 2 of 2 nodes"
ok "so that nothing needs to be changed" bash -c '! grep -q "IT FITS" out'
run explain -f nodes.yaml -f claims.yaml --pod test/huge
ok "what a pod lacks then is told" prints "0/2 nodes are available: 2 Insufficient cpu."
ok "and what would mend it" bash -c 'grep -A1 "IT FITS IF YOU" out | grep -q "cpu instead of 100"'
run explain -f nodes.yaml -f claims.yaml --pod test/stuck
ok "a claim that nobody binds says why" prints \
    "gone   missing  leave it unbound: its class does not exist, and no free volume of that class suits it"
ok "nothing is done about it" bash -c '! grep -q "Once that is done" out'
ok "and the volume can be left out" prints "leave out the volume v"
run explain -f nodes.yaml -f claims.yaml --pod test/gated
ok "a gated pod is not that far yet" bash -c '! grep -q "CONTROLLERS" out'
run explain -f nodes.yaml -f claims.yaml --all
ok "with --all claims are told of three pods" bash -c '[ "$(grep -c "ITS CONTROLLERS WILL" out)" -eq 3 ]'
run explain -f nodes.yaml -f claims.yaml --pod test/fits -o json
ok "the claims in JSON" prints '"claims":[{"name":"fits-v","fate":"provisioned","text":"make it for the pod; bind it'
ok "and the later answer" prints '"onceSettled":{"pod":"test/fits","filter":{},"feasible":["n1","n2"]'
run explain -f nodes.yaml -f claims.yaml --pod test/huge -o json
ok "with its changes" bash -c 'grep -o "onceSettled.*" out | grep -q "\"changes\":\[{\"kind\":\"lowerRequest\""'
run explain -f nodes.yaml -f claims.yaml --pod test/stuck -o json
ok "a claim that stays" prints '"fate":"stays","text":"leave it unbound: its class does not exist'
ok "changes no answer" bash -c '! grep -q onceSettled out'
run explain -f nodes.yaml -f small.yaml --all -o json
ok "without claims there is nothing to say" bash -c '! grep -q "claims\|onceSettled" out'

# ---- capacity ----
run capacity -f nodes.yaml --pod small.yaml
ok "a count ends with 0" ends 0
ok "it says how many more fit" prints "test/small (Pod): 6 more fit"
ok "where" prints "n2    -        4"
ok "what stops the next one" prints "0/2 nodes are available: 2 Insufficient cpu."
ok "who rejected which nodes" prints "NodeResourcesFit  Insufficient cpu  n1, n2"
ok "what is left" prints "MOST ON ONE NODE"
run capacity -f nodes.yaml --pod small.yaml --pod huge.yaml
ok "several pods are a row each" prints "test/huge   Pod      0  0/2 nodes are available: 2 Insufficient cpu"
run capacity -f nodes.yaml --pod small.yaml --max 2
ok "a count that was ended says so" prints "2 more fit, and there may be room for still more: --max ended the count"
run capacity -f nodes.yaml -f small.yaml --pod small.yaml
ok "pending pods do not count" prints "6 more fit"
run capacity -f nodes.yaml -f small.yaml --pod small.yaml --after-pending
ok "unless they are to be placed first" prints "5 more fit"
run capacity -f nodes.yaml --pod small.yaml -o json
ok "json has the count" prints '"count":6,"reachedMax":false,"nodes":{"n1":2,"n2":4}'
ok "json has what stops the next one" prints '"stop":"0/2 nodes are available: 2 Insufficient cpu.'
ok "and is JSON as a whole" python3 -m json.tool out /dev/null
run capacity -f nodes.yaml --pod small.yaml -o yaml
ok "yaml says the same" bash -c '[ "$(head -5 out)" = "$(printf "pods:\n- pod: test/small\n  kind: Pod\n  count: 6\n  reachedMax: false")" ]'
cat >busy.yaml <<'Y'
{apiVersion: v1, kind: Pod, metadata: {name: bare, namespace: test}, spec: {nodeName: n1, priority: 1,
  containers: [{name: c, image: i, resources: {requests: {cpu: "2"}}}]}}
---
{apiVersion: v1, kind: Pod, metadata: {name: owned, namespace: test, ownerReferences: [
  {apiVersion: apps/v1, kind: ReplicaSet, name: r, uid: u, controller: true}]}, spec: {nodeName: n2,
  containers: [{name: c, image: i, resources: {requests: {cpu: "4"}}}]}}
Y
cat >urgent.yaml <<'Y'
{apiVersion: v1, kind: Pod, metadata: {name: urgent, namespace: test}, spec: {priority: 9,
  containers: [{name: c, image: i, resources: {requests: {cpu: "1"}}}]}}
Y
run capacity -f nodes.yaml -f busy.yaml --pod urgent.yaml
ok "nobody is preempted unless asked for" prints "test/urgent (Pod): 0 more fit"
ok "but that it would help is said" prints "Preemption is not counted (--preempt): without 1 pod of lower priority it would fit on n"
run capacity -f nodes.yaml -f busy.yaml --pod urgent.yaml --preempt
ok "with preemption more fit" prints "test/urgent (Pod): 6 more fit, 2 of them by preempting 2 pods of lower priority"
ok "where, and at what cost" bash -c 'grep -qE "^  n1 +- +2 +1 +1$" out && grep -qE "^  n2 +- +4 +1 +1$" out'
ok "what a copy costs" bash -c 'grep -A3 "^What a copy costs" out | tail -2 | tr -s " " | cmp -s - <(printf " 0 4 2\n 1 2 1\n")'
ok "who pays" bash -c 'grep -A3 "^Who pays" out | tail -2 | tr -s " " | cmp -s - <(printf \
    " 0 1 0 1 0 test/r 1\n 1 1 0 0 1 pods of test 1\n")'
run capacity -f nodes.yaml -f busy.yaml --pod urgent.yaml --preempt -o wide
ok "wide lists the victims" bash -c 'grep -qE "^ +[0-9] +n1 +test/bare +1 +gone$" out && grep -qE "^ +[0-9] +n2 +test/owned +0 +pending$" out'
run capacity -f nodes.yaml -f busy.yaml --pod urgent.yaml --preempt -o json
ok "JSON has them by priority and by copy" bash -c 'python3 -c "
import json
p = json.load(open(\"out\"))[\"pods\"][0][\"preemption\"]
assert (p[\"copies\"], p[\"victims\"], len(p[\"steps\"])) == (2, 2, 2)
assert p[\"byPriority\"][1] == {\"priority\": 1, \"victims\": 1, \"placedAgain\": 0, \"pending\": 0, \"gone\": 1}
assert sorted(v[\"pod\"] for s in p[\"steps\"] for v in s[\"victims\"]) == [\"test/bare\", \"test/owned\"]"'
run capacity -f nodes.yaml -f busy.yaml --pod urgent.yaml --pod huge.yaml --preempt
ok "several pods have columns for it" bash -c 'grep -qE "^test/urgent +Pod +6 +2 +2 +0/2 nodes" out && grep -qE "^test/huge +Pod +0 +0 +0 " out'
run capacity -f nodes.yaml -f busy.yaml --pod urgent.yaml --preempt --max 2
ok "a count that was ended stops preempting" prints "2 more fit, 1 of them by preempting 1 pod of lower priority, and there may be room"
run capacity -f nodes.yaml --pod small.yaml --remove-node n1
ok "a count without a node" prints "4 more fit"
sed '/^---/,$d' nodes.yaml >node.yaml
run capacity -f nodes.yaml --pod small.yaml --add-nodes 3=node.yaml
ok "a count with more nodes" prints "12 more fit"
run capacity -f nodes.yaml --pod small.yaml --scale x
ok "a wish that cannot be read is wrong usage" ends 2
run capacity -f nodes.yaml
ok "a count needs a pod" ends 2
ok "and says so" complains "capacity needs --pod FILE"
run capacity -f nodes.yaml --pod nodes.yaml
ok "nodes are no pods" complains "nodes.yaml: there is no pod and no workload in it"
ok "which ends with 1" ends 1

# ---- feature gates ----
run simulate -f nodes.yaml -f small.yaml --feature-gates Foo=true
ok "an unknown gate ends with 1" ends 1
ok "and with kube-scheduler's words" complains "--feature-gates: unrecognized feature gate: Foo"
run simulate -f nodes.yaml -f small.yaml --feature-gates SchedulerAsyncAPICalls=true
ok "a gate without effect is a warning" complains "feature gate SchedulerAsyncAPICalls=true changes nothing"
ok "which ends with 0" ends 0
run config show --feature-gates StorageCapacityScoring=true
ok "gates change defaults" prints "shape:"

# ---- wrong usage ----
run
ok "no command is wrong usage" ends 2
run simualte
ok "an unknown command is wrong usage" ends 2
ok "an unknown command gets a hint" complains 'did you mean `berth simulate`?'
run simulate --outptu json
ok "an unknown option is wrong usage" ends 2
ok "an unknown option gets a hint" complains "did you mean --output?"
run simulate
ok "no file is wrong usage" ends 2
run simulate -f nodes.yaml -o
ok "a value that is missing is wrong usage" ends 2
ok "a value that is missing is described" complains "needs a value: table|wide|json|yaml|csv"
run simulate -f nodes.yaml --seed x
ok "a seed that is no number is wrong usage" ends 2

# ---- bad input ----
bad() { # bad NAME FILE PART-OF-MESSAGE
    run simulate -f nodes.yaml -f "$2"
    ok "$1 ends with 1" ends 1
    ok "$1 is complained about with the place" complains "$3"
}
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: x, namesp' >truncated.yaml
bad "truncated YAML" truncated.yaml "truncated.yaml:"
printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"' >truncated.json
printf 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n' >tab.yaml
bad "a tab" tab.yaml "tab.yaml:4: the line begins with a tab: YAML is indented with spaces"
bad "truncated JSON" truncated.json "truncated.json:1"
printf 'apiVersion: v1\nkind: Pod\nmetadata: &a {name: x, b: *a}\n' >cyclic.yaml
bad "a cyclic anchor" cyclic.yaml "cyclic.yaml:3"
pod x -1 >negative.yaml
bad "a negative request" negative.yaml "negative.yaml:"
pod x lots >wrong.yaml
bad "a wrong quantity" wrong.yaml "wrong.yaml:"
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: [1, 2]\n' >types.yaml
bad "a list where an object belongs" types.yaml "types.yaml:"
head -c 10000000 /dev/zero | tr '\0' '%' >garbage
bad "10 MB of garbage" garbage "garbage:1"
bad "a file without a name" "" "the name of a file is empty"
bad "a file that is not there" missing.yaml "missing.yaml: No such file or directory"
{ printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: '; head -c 1000000 /dev/zero | tr '\0' x; printf '}\nspec: {containers: []}\n'; } >long.yaml
run simulate -f nodes.yaml -f long.yaml -o csv
ok "a name of a megabyte is survived" test "$status" -le 3
printf 'profiles: [{plugins: {score: {enabled: [{name: Nope}]}}}]\n' >config.yaml
sed -i '1i apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration' config.yaml
run simulate -f nodes.yaml -f small.yaml -c config.yaml
ok "a wrong configuration ends with 1" ends 1
printf 'apiVersion: example.com/v1\nkind: Gadget\nmetadata: {name: x}\n' >gadget.yaml
run simulate -f nodes.yaml -f small.yaml -f gadget.yaml
ok "an unknown kind is no error" ends 0
ok "an unknown kind is warned about" complains "Gadget"
sed 's/containers:/containres:/' small.yaml >slip.yaml
run simulate -f nodes.yaml -f slip.yaml
ok "a pod whose containers are misspelt is placed" ends 0
ok "but warned about" complains "warning: 1 pending pod has no containers, so nothing is requested; a cluster would refuse it: test/small"
for i in 1 2 3 4 5; do printf -- '---\n'; pod "p$i" 1 | sed 's/^spec:/&\n  resourceClaims: [{name: gpu, resourceClaimName: gpu}]/'; done >claims.yaml
run simulate -f nodes.yaml -f claims.yaml
ok "what is not checked is said, with the first few names" complains "5 pending pods need resource claims, which only a plugin of a later version checks (DynamicResources), here taken as satisfied: test/p1, test/p2, test/p3, ..."
printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: "\\e[31mred\\u009b"}\nspec: {containers: []}\n' >control.yaml
for arguments in "simulate -f control.yaml" "simulate -f control.yaml -o wide" "explain -f control.yaml --all" \
    "explain -f control.yaml --pod $(printf '\033')[31m"; do
    run $arguments
    ok "control characters of names do not reach the screen: ${arguments%% *}" bash -c '! grep -q "$(printf "\033\|\302\233")" out err'
    ok "control characters are shown as question marks: ${arguments%% *}" bash -c 'grep -qF "?[31m" out err'
done

# ---- report and compare ----
run simulate -f nodes.yaml -f small.yaml --report page.html
ok "a report is written besides" ends 0
ok "the screen is the same with a report" prints "1 pod: 1 placed"
ok "the report is a page" grep -q '^<!doctype html>' page.html
ok "the report knows the pod" grep -qF '"test/small"' page.html
ok "the report loads nothing" bash -c '! grep -qE "(src|href)=.https?:|@import|url\(.?http" page.html'
for option in "--report -" "--report=" "--timeline="; do
    run simulate -f nodes.yaml -f small.yaml $option
    ok "$option is wrong usage" ends 2
done
ok "an empty name of a timeline is explained" complains "--timeline: the name of the file is empty; without one leave out the ="
run simulate -f nodes.yaml -f small.yaml --add-nodes 3=nothing.yaml
ok "a file without a node adds none, which is an error" complains "--add-nodes 3=nothing.yaml: there is no Node in nothing.yaml"
ok "a file without a node to add ends with 1" ends 1
run simulate -f nodes.yaml -f small.yaml --report missing/page.html
ok "a report that cannot be written ends with 1" ends 1
ok "a report that cannot be written is named" complains "cannot write the report missing/page.html: No such file or directory"
run simulate -f nodes.yaml -f small.yaml --report /dev/full
ok "a full disk under the report ends with 1" ends 1
cp page.html cut.html
status=0
(trap "" XFSZ; ulimit -f 8; exec "$berth" simulate -f nodes.yaml -f small.yaml --report cut.html) >out 2>err || status=$?
ok "a report that cannot be written whole ends with 1" ends 1
ok "a report that cannot be written whole is not left behind" test ! -e cut.html
cat >packed.yaml <<'Y'
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
profiles:
- pluginConfig:
  - name: NodeResourcesFit
    args: {scoringStrategy: {type: MostAllocated, resources: [{name: cpu, weight: 1}]}}
Y
run compare -c default -c packed.yaml -f nodes.yaml -f small.yaml
ok "compare with everything placed ends with 0" ends 0
ok "compare names the runs" bash -c 'head -1 out | grep -qE "default +packed.yaml"'
ok "compare shows what moved" prints "Moved under packed.yaml: 1 of 1 pods"
ok "compare says which plugin made the difference" prints "NodeResourcesFit's score, by "
cp out two
run compare -c packed.yaml -f nodes.yaml -f small.yaml
ok "one configuration is compared with the defaults" same out two
run compare -c packed.yaml -c packed.yaml -f nodes.yaml -f small.yaml
ok "compare with itself moves nothing" prints "nothing: every pod ended as under packed.yaml"
run compare -c packed.yaml -f nodes.yaml -f small.yaml -f huge.yaml
ok "compare with something pending ends with 3" ends 3
run compare -c packed.yaml -f nodes.yaml -f small.yaml -o json
ok "compare prints JSON" bash -c 'python3 -c "
import json
c = json.load(open(\"out\"))
assert [run[\"name\"] for run in c[\"runs\"]] == [\"default\", \"packed.yaml\"]
assert c[\"pairs\"][0][\"each\"][0][\"pod\"] == \"test/small\"
assert c[\"pairs\"][0][\"each\"][0][\"cause\"][\"plugin\"] == \"NodeResourcesFit\""'
run compare -c packed.yaml -f nodes.yaml -f small.yaml -f huge.yaml -o csv
ok "compare prints CSV: the first run as simulate does" bash -c 'head -2 out | cmp -s - <(echo \
    "run,namespace,name,outcome,node,reason,change,why"; echo "default,test,small,placed,n2,,,")'
ok "in the others also what moved, and why" bash -c \
    'grep -qE "^packed.yaml,test,small,placed,n1,,other-node,\"?NodeResourcesFit.s score, by [0-9]+ points?\"?$" out'
ok "a message with commas is quoted" prints 'packed.yaml,test,huge,pending,,"0/2 nodes are available: '
ok "and a pod that is pending in both has not moved" bash -c '[ "$(grep -c "huge.*,,$" out)" = 2 ]'
ok "CSV ends as the table does" ends 3
run compare -c packed.yaml -f nodes.yaml -f small.yaml --timeline -o csv
ok "with time the columns of time come before what moved" prints \
    "run,namespace,name,outcome,node,reason,arrival_seconds,waited_seconds,left_seconds,attempts,change,why"
ok "and in the rows, too" prints "default,test,small,placed,n2,,0,0,,1,,"
{ cat packed.yaml; echo 'extenders: [{urlPrefix: "http://x", filterVerb: filter}]'; } >extended.yaml
for command in "simulate -c extended.yaml" "explain --all -c extended.yaml" "compare -c extended.yaml"; do
    run $command -f nodes.yaml -f small.yaml
    ok "${command%% *}: extenders are warned about" complains "warning: extended.yaml: extenders are not called"
    ok "${command%% *}: extenders are no error" ends 0
done
run config check extended.yaml
ok "config check has nothing against extenders" silent
run compare -f nodes.yaml -f small.yaml
ok "compare without a configuration is wrong usage" ends 2
ok "compare without a configuration says what it needs" complains "compare needs a configuration to compare with the defaults, or two to four: --config FILE"
run compare -c packed.yaml -c default -c packed.yaml -c default -c packed.yaml -f nodes.yaml
ok "five configurations are too many" ends 2
run compare -c missing.yaml -f nodes.yaml
ok "compare with a missing configuration ends with 1" ends 1
ok "compare with a missing configuration names it" complains "missing.yaml: No such file or directory"
run compare -c "" -f nodes.yaml
ok "a configuration without a name is called that" complains "the name of a file is empty"
run compare -c packed.yaml
ok "compare without manifests is wrong usage" ends 2
run compare -c packed.yaml -f nodes.yaml -f small.yaml --scale nonsense
ok "compare takes the what-if options" ends 2

# ---- help, version, names ----
for command in simulate compare explain capacity bench config version help; do
    run $command --help
    ok "$command --help ends with 0" ends 0
    ok "$command --help shows the usage" prints "Usage: berth $command"
done
run help --man
ok "the manual page says how commands end" prints "simulate and compare: some pods were not placed, or not evicted"
ok "the manual page is roff" prints ".TH BERTH 1"
ok "the manual page has the options" prints 'explain\-failures'
run --version
ok "--version is a command" prints "berth "
ln -s "$berth" kube-scheduler
status=0
./kube-scheduler --config x >out 2>err || status=$?
ok "started as kube-scheduler it ends with 1" ends 1
ok "started as kube-scheduler it says why" complains "cannot do yet"

# ---- completion: what is offered for the last word; = is a word of its own, as bash has it ----
offers() { # offers WORDS EXPECTED
    # shellcheck disable=SC2016
    PATH=$(dirname "$berth"):$PATH bash -c 'compopt() { :; }; source "$1"; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        [ "${COMP_WORDS[COMP_CWORD]}" != NOTHING ] || COMP_WORDS[COMP_CWORD]=
        _berth; echo "${COMPREPLY[*]}"; [ "${COMPREPLY[*]}" = "$3" ]' - "$completion" "$1" "$2" >out 2>err
}
ok "completion: commands" offers "berth ex" "explain"
ok "completion: options" offers "berth simulate --expl" "--explain-failures"
ok "completion: choices" offers "berth explain -o NOTHING" "table json"
ok "completion: choices of the long form" offers "berth explain --changes a" "auto always"
ok "completion: choices behind =" offers "berth simulate --output = j" "json"
ok "completion: choices after =" offers "berth bench --output = NOTHING" "table json"
ok "completion: files" offers "berth simulate -f packe" "packed.yaml"
ok "completion: files behind =" offers "berth simulate --timeline = packe" "packed.yaml"
ok "completion: files of added nodes" offers "berth simulate --add-nodes 3 = packe" "packed.yaml"
ok "completion: files after a flag" offers "berth simulate --progress packe" "packed.yaml"
for option in "--seed" "--scale" "--drain" "--feature-gates"; do
    ok "completion: no files for $option" offers "berth simulate $option packe" ""
done
ok "completion: a pod has no file in explain" offers "berth explain -p packe" ""
ok "completion: but in capacity" offers "berth capacity -p packe" "packed.yaml"

# ---- bench ----
run bench --workload mixed --nodes 20 --pods 50 -o json
ok "bench binds all pods" prints '"workload":"mixed","nodes":20,"pods":50,"bound":50,"podsPerSecond":'
run bench --nodes 20 --pods 50 --threads 3 -o json
ok "all workloads run, also with threads" test "$(grep -c '"bound":50' out)" -eq 11

for command in "simulate -f nodes.yaml" "explain -f nodes.yaml --all" "bench --workload basic --nodes 2 --pods 2" version; do
    status=0
    "$berth" $command >/dev/full 2>err || status=$?
    ok "$command on a full disk ends with 1" ends 1
    ok "$command on a full disk says so" complains "cannot write to standard output: No space left on device"
done

printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]

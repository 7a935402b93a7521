/* Containers, read once for all that looks at them: host ports, images, restart rules, and requests.c. */
#include "api/containers.h"

static const berth_str container_fields_names[] = {CONTAINER(FIELD_TEXT)};

static void read_some(struct decoder *d, const char *name, const struct berth_value *items, uint32_t len,
                      bool init, struct container *ret_containers)
{
    for (uint32_t i = 0; i < len && !d->failed; i++) {
        struct container *c = &ret_containers[i];
        c->at = (struct place){&spec_place, berth_str_of(name), (int32_t)i};
        read_fields(d, &c->at, &items[i], FIELD_NAMES(container_fields), &c->f);
        berth_str policy = get_str(d, &c->at, FIELD(c->f, restartPolicy));
        c->init = init;
        c->sidecar = init && berth_str_eq(policy, BERTH_STR("Always"));
    }
}

struct containers read_containers(struct decoder *d, const struct berth_value *containers,
                                  const struct berth_value *init_containers)
{
    uint32_t len, init_len;
    const struct berth_value *inits = get_items(d, &spec_place, "initContainers", init_containers, &init_len);
    const struct berth_value *items = get_items(d, &spec_place, "containers", containers, &len);
    struct containers all = {scratch_array(d, (size_t)len + init_len, sizeof(*all.at)), 0};
    if (!all.at)
        return all;
    read_some(d, "initContainers", inits, init_len, true, all.at);
    read_some(d, "containers", items, len, false, all.at + init_len);
    all.len = d->failed ? 0 : len + init_len;
    return all;
}

/* ---- ports ---- */

#define PORT(X) X(containerPort) X(hostIP) X(hostPort) X(protocol)
FIELDS(port_fields, PORT)

/* Appends the container's host ports at `ports` and returns how many there are. */
static uint32_t read_ports(struct decoder *d, const struct container *c, bool host_network,
                           struct berth_port *ports)
{
    uint32_t len, used = 0;
    const struct berth_value *items = get_items(d, &c->at, FIELD(c->f, ports), &len);
    for (uint32_t i = 0; i < len; i++) {
        struct place at = {&c->at, BERTH_STR("ports"), (int32_t)i};
        struct port_fields f;
        read_fields(d, &at, &items[i], FIELD_NAMES(port_fields), &f);
        int64_t own = get_int(d, &at, FIELD(f, containerPort), INT32_MIN, INT32_MAX, 0);
        int64_t host = get_int(d, &at, FIELD(f, hostPort), INT32_MIN, INT32_MAX, 0);
        if (host == 0 && host_network)
            host = own;
        if (host <= 0)
            continue;
        berth_str ip = get_str(d, &at, FIELD(f, hostIP));
        berth_str protocol = get_str(d, &at, FIELD(f, protocol));
        ports[used].ip = intern(d, ip.len ? ip : BERTH_STR("0.0.0.0"));
        ports[used].protocol = intern(d, protocol.len ? protocol : BERTH_STR("TCP"));
        ports[used++].port = (int32_t)host;
    }
    return used;
}

berth_list add_ports(struct decoder *d, const struct containers *containers, bool host_network)
{
    size_t most = 0;
    for (uint32_t i = 0; i < containers->len; i++)
        most += containers->at[i].f.ports ? containers->at[i].f.ports->len : 0;
    if (most == 0)
        return (berth_list){0};
    struct berth_port *ports = scratch_array(d, most, sizeof(*ports));
    uint32_t len = 0;
    for (uint32_t i = 0; i < containers->len && !d->failed; i++)
        if (containers->at[i].init == containers->at[i].sidecar)
            len += read_ports(d, &containers->at[i], host_network, ports + len);
    return d->failed ? (berth_list){0} : block_add(d->block, ports, sizeof(*ports), len);
}

/* ---- images ---- */

/* The name a node would list the image under: ":latest" added when there is neither tag nor digest. */
static berth_atom image_name(struct decoder *d, berth_str image)
{
    const char *colon = image.len ? memrchr(image.ptr, ':', image.len) : NULL;
    const char *slash = image.len ? memrchr(image.ptr, '/', image.len) : NULL;
    if (colon && (!slash || colon > slash))
        return intern(d, image);
    char *text = scratch_array(d, (size_t)image.len + sizeof(":latest"), 1);
    if (!text)
        return NULL;
    if (image.len)
        memcpy(text, image.ptr, image.len);
    memcpy(text + image.len, ":latest", sizeof(":latest"));
    return intern(d, (berth_str){text, image.len + (uint32_t)sizeof(":latest") - 1});
}

berth_list add_images(struct decoder *d, const struct containers *containers, const struct volumes *volumes)
{
    uint32_t len = 0;
    struct berth_image_use *uses = scratch_array(d, (size_t)containers->len + volumes->len, sizeof(*uses));
    for (uint32_t i = 0; i < containers->len && !d->failed; i++) {
        const struct container *c = &containers->at[i];
        uses[len].name = image_name(d, get_str(d, &c->at, FIELD(c->f, image)));
        uses[len++].is_init = c->init;
    }
    for (uint32_t i = 0; i < volumes->len && !d->failed; i++) {
        berth_str image = volume_image(d, volumes, i);
        if (image.ptr) {
            uses[len].name = image_name(d, image);
            uses[len++].is_volume = 1;
        }
    }
    return d->failed ? (berth_list){0} : block_add(d->block, uses, sizeof(*uses), len);
}

/* ---- restart rules ---- */

#define RULE(X) X(action)
FIELDS(rule_fields, RULE)

bool restarts_all_containers(struct decoder *d, const struct containers *containers)
{
    for (uint32_t i = 0; i < containers->len; i++) {
        const struct container *c = &containers->at[i];
        uint32_t len;
        const struct berth_value *rules = get_items(d, &c->at, FIELD(c->f, restartPolicyRules), &len);
        for (uint32_t j = 0; j < len; j++) {
            struct place at = {&c->at, BERTH_STR("restartPolicyRules"), (int32_t)j};
            struct rule_fields f;
            read_fields(d, &at, &rules[j], FIELD_NAMES(rule_fields), &f);
            if (berth_str_eq(get_str(d, &at, FIELD(f, action)), BERTH_STR("RestartAllContainers")))
                return true;
        }
    }
    return false;
}

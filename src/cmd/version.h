/* BERTH_VERSION comes from meson.build. */
#ifndef CMD_VERSION_H
#define CMD_VERSION_H

#define KUBERNETES_VERSION "v1.36"

#endif

# hidden.sh CC NM SOURCE ARCHIVE SHARED WORK -- who takes whose functions:
#   a plug-in that has the static library inside exports none of them, and calls its own although the host exports a library of
#   another version;
#   a program that hides everything by default, or by a pragma around the #include, links the shared library all the same;
#   SRD_API and SRD_NODISCARD can be defined by who reads the headers.
# SHARED may be empty.
set -eu
cc=$1 nm=$2 source=$3 archive=$4 shared=$5 work=$6
mkdir -p "$work"

cat >"$work/plugin.c" <<'END'
#include <srd/srd.h>
int plugin_headers(void);
int plugin_calls(void);
__attribute__((visibility("default"))) int plugin_headers(void) { return SRD_VERSION; }
__attribute__((visibility("default"))) int plugin_calls(void)
{
    srd_graph *graph = NULL;
    if (srd_graph_create(NULL, NULL, &graph, NULL) != SRD_OK) return -1;
    srd_graph_free(graph);
    return srd_version();
}
END
# The host's library is of another version, of which two functions will do.
cat >"$work/host.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int srd_version(void);
int srd_graph_create(const void *options, const void *memory, void **out, void *detail);
int srd_version(void) { return 990000; }
int srd_graph_create(const void *options, const void *memory, void **out, void *detail)
{
    (void)options, (void)memory, (void)out, (void)detail;
    return -99;
}
int main(int count, char **arguments)
{
    void *const plugin = count == 2 ? dlopen(arguments[1], RTLD_NOW) : NULL;
    int (*headers)(void), (*calls)(void);
    if (plugin == NULL) return puts(dlerror()), 1;
    *(void **)&headers = dlsym(plugin, "plugin_headers");
    *(void **)&calls = dlsym(plugin, "plugin_calls");
    printf("headers %d, calls reach %d, the host has %d\n", headers(), calls(), srd_version());
    return headers() == calls() && srd_version() == 990000 ? 0 : 1;
}
END
"$cc" -shared -fPIC -I"$source/include" "$work/plugin.c" "$archive" -lm -o "$work/plugin.so"
"$cc" -rdynamic "$work/host.c" -ldl -o "$work/host"
"$work/host" "$work/plugin.so" || { echo "FAILED: the host's functions were taken"; exit 1; }
if "$nm" -D --defined-only "$work/plugin.so" | grep ' srd_'; then
    echo "FAILED: the plug-in exports these"
    exit 1
fi

cat >"$work/user.c" <<'END'
#ifdef HIDE
#pragma GCC visibility push(hidden)
#endif
#include <srd/srd.h>
#include <srd/render.h>
#ifdef HIDE
#pragma GCC visibility pop
#endif
int main(void) { return srd_version() == SRD_VERSION ? 0 : 1; }
END
if [ -n "$shared" ]; then
    for hide in "" -DHIDE -fvisibility=hidden "-DHIDE -fvisibility=hidden -fPIC"; do
        # Word splitting is wanted.
        # shellcheck disable=SC2086
        "$cc" $hide -I"$source/include" "$work/user.c" "$shared" -Wl,-rpath,"$(dirname "$shared")" -o "$work/user"
        "$work/user" || { echo "FAILED: with $hide"; exit 1; }
    done
fi
"$cc" -DHIDE -I"$source/include" "$work/user.c" "$archive" -lm -o "$work/user"
"$work/user"

# Readers that know no attributes, such as pycparser.
"$cc" -E -P -DSRD_API= -DSRD_NODISCARD= -I"$source/include" "$work/user.c" >"$work/plain.c"
sed -n '/srd_status_name/,$p' "$work/plain.c" >"$work/ours.c"
grep -q srd_explainer_run "$work/ours.c"
if grep -n __attribute__ "$work/ours.c"; then
    echo "FAILED: SRD_API and SRD_NODISCARD were not taken"
    exit 1
fi

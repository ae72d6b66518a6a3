# self_test.sh WORK_DIR -- the checker itself: a small tree that keeps the rules passes, and each way of breaking one is found and named.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$1" || exit 1
work=$(CDPATH='' cd -- "$1" && pwd)/structure_tree
failed=0

# write FILE: what follows becomes a file of the tree.
write()
{
    cat >"$work/$1"
}

# Everything that the rules allow: inline functions, left out parts, tables, macros that define, heads of several lines, local
# functions of one name, names in comments and texts.
good_tree()
{
    mkdir "$work" "$work/base" "$work/graph" "$work/explain" "$work/paths" "$work/fast" "$work/api" "$work/render" "$work/odd"
    write base/fail.h <<'END'
#ifndef FAIL_H
#define FAIL_H
#include <stdint.h>
#include "srd/types.h"
/* srd__run() is far above: a comment uses nothing. #include "fast/quick.h" neither. */
int32_t srd__fail(const char *text, int32_t layer,
                  int32_t position);
static inline int32_t srd__min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}
#endif
END
    write base/fail.c <<'END'
#include "base/fail.h"

int32_t srd__fail(const char *text, int32_t layer,
                  int32_t position)
{
    return text != "srd__run" ? layer : position; // srd__run
}
END
    write graph/graph_impl.h <<'END'
#include "base/fail.h"
typedef struct srd__kind {
    int32_t (*value)(int32_t y);
} srd__kind;
extern const srd__kind srd__kind_one,
    srd__kind_two, srd__kind_three;
int32_t srd__walk(int32_t from);
int32_t srd__seal(int32_t graph);
END
    write graph/walk.c <<'END'
#include "graph/graph_impl.h"
#define KIND(name_, f)                                          \
    static int32_t name_##_value(int32_t y)                     \
    {                                                           \
        return f(y);                                            \
    }                                                           \
    const srd__kind srd__kind_##name_ = { .value = name_##_value }
static int32_t shape(int32_t y)
{
    return srd__min(y, 0);
}
KIND(one, shape);
KIND(two, shape);
const srd__kind srd__kind_three = { .value = shape };

int32_t srd__walk(int32_t from)
{
    return shape(from);
}
END
    write graph/seal.c <<'END'
#include "graph/graph_impl.h"

static int32_t shape(int32_t y)
{
    return srd__kind_one.value(y);
}

int32_t srd__seal(int32_t graph)
{
    return srd__fail("srd__seal", shape(graph), srd__walk(graph));
}
END
    write explain/types.h <<'END'
#include "graph/graph_impl.h"
struct srd_explainer {
    int32_t graph;
};
END
    write paths/lane.h <<'END'
#include "explain/types.h"
#if SRD_WITH_LANES
int32_t srd__lane(int32_t segment);
#else
static inline int32_t srd__lane(int32_t segment)
{
    return segment;
}
#endif
END
    write paths/lane.c <<'END'
/* lane.c */
#include "paths/lane.h"

#include "base/fail.h"

int32_t srd__lane(int32_t segment)
{
    return srd__fail("", segment, 0);
}
END
    write fast/quick.h <<'END'
#include "explain/types.h"
int32_t srd__quick(int32_t tile);
END
    write fast/quick.c <<'END'
#include "fast/quick.h"

#include "paths/lane.h"

int32_t srd__quick(int32_t tile)
{
    return srd__lane(tile);
}
END
    write api/run.c <<'END'
#include "fast/quick.h"

int32_t srd_explainer_run(int32_t explainer)
{
    return srd__quick(explainer);
}
END
    write render/render_impl.h <<'END'
#include "base/fail.h"
int32_t srd__colour(int32_t value);
END
    write render/colours.c <<'END'
#include "render/render_impl.h"

int32_t srd__colour(int32_t value)
{
    return srd__fail("", value, 0);
}
END
}

check()
{
    sh "$here/check.sh" "$work" >"$work.log" 2>&1
}

# broken WHAT LINE: the tree as it is now is refused, with this line among what is said.
broken()
{
    if check; then
        echo "FAILED: $1: nothing was found"
        failed=1
    fi
    case $(cat "$work.log") in
        *"$2"*) ;;
        *)
            echo "FAILED: $1: \"$2\" is not in:"
            cat "$work.log"
            failed=1
            ;;
    esac
    restore
}

restore()
{
    rm -rf "$work"
    cp -R "$work.good" "$work"
}

# put LINE FILE TEXT: the line of the file becomes TEXT.
put()
{
    awk -v n="$1" -v text="$3" 'NR == n { print text; next } { print }' "$work/$2" >"$work.new" && mv "$work.new" "$work/$2"
}

rm -rf "$work" "$work.good"
good_tree
cp -R "$work" "$work.good"
if ! check; then
    echo "FAILED: a tree that keeps the rules is refused:"
    cat "$work.log"
    failed=1
fi
for line in 'graph        3     38  base (1, 2)' 'fast         2     10  explain (1, 0) paths (1, 1)'; do
    grep -qFx -- "$line" "$work.log" || { echo "FAILED: the table lacks: $line"; cat "$work.log"; failed=1; }
done

put 3 paths/lane.c '#include "fast/quick.h"'
broken "an include upwards" 'lib/paths/lane.c:3: includes fast/quick.h: paths/ may include base, tensor, kernels, graph, layers, explain'
put 1 base/fail.h '#include "graph/graph_impl.h"'
broken "an include upwards in a header" 'lib/base/fail.h:1: includes graph/graph_impl.h: base/ may include nothing'
put 1 render/render_impl.h '  #  include "graph/graph_impl.h"'
broken "render above its room" 'lib/render/render_impl.h:1: includes graph/graph_impl.h: render/ may include base,tensor'
put 3 fast/quick.c '#include "render/render_impl.h"'
broken "render below another room" 'lib/fast/quick.c:3: includes render/render_impl.h: fast/ may include'
put 3 fast/quick.c '#include "paths/lanes.h"'
broken "an include of nothing" 'lib/fast/quick.c:3: includes paths/lanes.h, which there is not'
put 3 paths/lane.c 'int32_t srd__quick(int32_t tile);'
broken "a declaration in a .c" 'lib/paths/lane.c:3: declares srd__quick: a declaration belongs to a header'
put 8 paths/lane.c '    return srd__quick(segment);'
broken "a use upwards" 'lib/paths/lane.c:8: uses srd__quick of fast/quick.c: paths/ may use base, tensor, kernels, graph, layers, explain'
put 8 paths/lane.c '    return (segment != 0 ? srd__quick : srd__seal)(segment); /* */'
broken "a use upwards by pointer" 'lib/paths/lane.c:8: uses srd__quick of fast/quick.c'
rm "$work/paths/lane.h"
broken "no header" 'lib/paths/lane.c: others use its functions, but it has no header of its name'
put 2 paths/lane.c '#include "explain/types.h"'
broken "another header first" 'lib/paths/lane.c:2: includes explain/types.h first, not paths/lane.h'
put 2 fast/quick.h 'int32_t srd__lane(int32_t segment);'
broken "a declaration of another folder's in a shared header" 'lib/fast/quick.h:2: declares srd__lane of another folder: paths/lane.c'
put 2 paths/lane.h 'int32_t srd__fail(const char *text, int32_t layer, int32_t position);'
broken "a declaration of another file's" 'lib/paths/lane.h:2: declares srd__fail of base/fail.c'
put 7 graph/graph_impl.h 'int32_t srd__fail(const char *text, int32_t layer, int32_t position);'
broken "a declaration of another folder's" 'lib/graph/graph_impl.h:7: declares srd__fail of another folder: base/fail.c'
put 2 render/render_impl.h 'int32_t srd__colours(int32_t value);'
broken "a declaration of nothing" 'lib/render/render_impl.h:2: declares srd__colours, which no file defines'
put 3 base/fail.c 'int32_t srd__walk(const char *text, int32_t layer,'
broken "two definitions" 'lib/graph/walk.c:16: defines srd__walk, which base/fail.c defines, too'
put 18 graph/walk.c '    return srd__seal(from);'
broken "a circle" 'lib/graph/seal: is in a circle:
    lib/graph/seal.c:5 uses srd__kind_one of graph/walk.c
    lib/graph/walk.c:18 uses srd__seal of graph/seal.c'
put 10 graph/walk.c '    return srd__seal(y);'
write graph/dump.c <<'END'
#include "graph/graph_impl.h"

int32_t srd__dump(int32_t graph)
{
    return srd__seal(graph);
}
END
broken "a circle that something above uses" 'lib/graph/walk.c:10 uses srd__seal of graph/seal.c'
write paths/table.h <<'END'
#include "explain/types.h"
int32_t srd__table(int32_t segment);
END
write paths/table.c <<'END'
#include "paths/table.h"
#include "paths/lane.h"

int32_t srd__table(int32_t segment)
{
    return srd__lane(segment);
}
END
put 8 paths/lane.c '    return srd__table(segment);'
broken "a circle of files that have headers" 'is in a circle:'
write odd/file.c <<'END'
int32_t srd__odd(void)
{
    return 0;
}
END
broken "a folder without a rule" 'lib/odd/file.c: lies in no folder that the rules know'
rm -rf "${work:?}"/*
broken "no file at all" 'no file was read'

rm -rf "$work" "$work.good" "$work.log" "$work.new"
exit $failed

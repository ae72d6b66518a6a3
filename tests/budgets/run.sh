#!/bin/sh
# run.sh [BUILD] -- what the library costs on a Cortex-M4F, -Os: a table of code, memory, stack and instructions, and status 1 if
# anything is above its ceiling in ceilings.txt. Needs arm-none-eabi-gcc and qemu-system-arm. BUILD (build/budgets) is a folder
# for its builds.
set -u
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd) || exit 1
build=${1-$root/build/budgets}
mkdir -p "$build" || exit 1
build=$(CDPATH='' cd -- "$build" && pwd) || exit 1 # also where a folder below is the current one
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
LC_ALL=C
export LC_ALL

# made FOLDER TARGET CONFIG OPTIONS...: the library by a header of the example, or with other macros.
made() {
    folder=$build/$1
    target=$2
    config=$root/examples/firmware/$3
    shift 3
    { cmake -S "$root" -B "$folder" -DCMAKE_TOOLCHAIN_FILE="$root/cmake/toolchains/cortex-m4f.cmake" -DSRD_CONFIG="$config" \
        -DCMAKE_C_FLAGS_MINSIZEREL="-Os -DNDEBUG -fstack-usage $*" && cmake --build "$folder" --target "$target"; } \
        >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
}
made example srd_budget srd_config.h
made layers srd_static srd_config.h -DFIRMWARE_ALL_LAYERS
made small srd_budget srd_small.h

# ---- code: every object by itself, then what a linker takes of the example's library ----
# Size and name of each object of an archive; text is code and constants.
objects() {
    arm-none-eabi-size "$build/$1/lib/libsrd.a" | awk 'NR > 1 { sub(/\.c\.obj$|\.o(bj)?$/, "", $6); print $1, $6 }'
}

# The folder that a source lies in says what it belongs to.
folder_of() {
    (cd "$root/lib" && echo */"$1".c | sed 's|/.*||')
}

objects layers | while read -r size name; do echo "$(folder_of "$name") $name $size"; done >"$work/objects"
awk '$1 == "layers" { print "code.layer." $2, $3 }
     $1 != "layers" { core += $3; part[$1] += $3 }
     END { print "code.core", core; for (p in part) print "code.core." p, part[p] }' "$work/objects" | sort >"$work/measured"

# A link that keeps what the example calls, and resolves nothing else: the library's share of its program.
cd "$work" || exit 1
roots=$(arm-none-eabi-nm -P -g "$build"/example/tests/budgets/CMakeFiles/srd_budget.dir/__/__/examples/firmware/*.obj |
    awk '$2 == "U" && $1 ~ /^srd_/ { print "-Wl,-u," $1 }' | sort -u)
layers= # of VGG and ResNet, that the example does not call
for call in max_pool2d avg_pool2d flatten dropout; do layers="$layers -Wl,-u,srd_graph_$call"; done
processor="-mcpu=cortex-m4 -mthumb -mfloat-abi=hard -mfpu=fpv4-sp-d16"

# linked NAME LIBRARY ROOTS...: the line of its size.
# shellcheck disable=SC2086
linked() {
    name=$1
    library=$2
    shift 2
    arm-none-eabi-gcc $processor -nostdlib -Wl,--gc-sections,-e,srd_graph_create -Wl,--unresolved-symbols=ignore-all "$@" \
        -o library.elf "$library" 2>link.log || { cat link.log; exit 1; }
    arm-none-eabi-size library.elf | awk -v name="$name" 'NR == 2 { print name, $1 }' >>measured
}

# The names are words. The library in one piece is what the two files of the amalgamation make.
# shellcheck disable=SC2086
{
    linked code.example "$build/example/lib/libsrd.a" $roots
    linked code.small "$build/small/lib/libsrd.a" $roots
    linked code.small.vgg "$build/small/lib/libsrd.a" $roots $layers
    cmake -DOUTPUT="$work" -P "$root/cmake/amalgamate.cmake" || exit 1
    arm-none-eabi-gcc $processor -Os -DNDEBUG -ffp-contract=off -mno-unaligned-access -fno-math-errno -fno-tree-loop-distribute-patterns \
        -ffunction-sections -fdata-sections -DSRD_CONFIG="\"$root/examples/firmware/srd_small.h\"" -c srd.c -o srd.o || exit 1
    linked code.small.vgg.one_piece srd.o $roots $layers
}

# ---- stack: the largest frame; a frame whose size is not known when compiling would be no number ----
find "$build/example/lib" -name '*.su' -exec cat {} + >frames
grep -v 'static$' frames && { echo "frames of a size that is not known"; exit 1; }
sort -t "$(printf '\t')" -k 2 -n -r frames | head -1 | awk -F '\t' '{ print "stack.frame", $2 }' >>measured

# ---- what the program says; with the small library only what differs ----
# ran FOLDER
ran() {
    qemu-system-arm -M mps2-an386 -nographic -monitor none -serial none -icount shift=0 -semihosting-config enable=on,target=native \
        -kernel "$build/$1/tests/budgets/srd_budget.elf" >said 2>&1 || { cat said; exit 1; }
}
ran small
grep -e instructions -e stack.run -e stack.ask said | sed 's/^/small./' >>measured
ran example
cat said >>measured

# ---- what follows: instructions in per cent of an inference, bytes over its ----
awk '{ n[$1] = $2 }
     END {
         for (i in n) {
             if (i !~ /\.instructions\.ask$/) continue
             split(i, part, ".")
             way = part[1] "." part[2]
             printf "%s.percent %.0f\n", way, (n[i] + n[way ".instructions.run"]) * 100 / n[part[1] ".forward.instructions.run"]
             printf "%s.over %d\n", way, n[way ".ram"] - n[part[1] ".forward.ram"]
         }
     }' said >>measured

# ---- the table ----
awk 'BEGIN { printf "%-40s %12s %12s %12s\n", "", "measured", "ceiling", "goal" }
     FNR == NR { if ($0 !~ /^#/ && NF >= 2) { ceiling[$1] = $2; goal[$1] = $3 } next }
     {
         over = !($1 in ceiling) || $2 > ceiling[$1]
         printf "%-40s %12d %12s %12s%s\n", $1, $2, ceiling[$1], goal[$1], over ? "  ABOVE" : $2 < ceiling[$1] * 0.9 ? "  (ceiling could be lower)" : ""
         if (over) failed = 1
         seen[$1] = 1
     }
     END {
         for (c in ceiling) if (!(c in seen)) { print c " was not measured"; failed = 1 }
         exit failed
     }' "$root/tests/budgets/ceilings.txt" measured

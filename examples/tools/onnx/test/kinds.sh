#!/bin/sh
# The calls of a network as one line: what becomes of each pattern, and which operand of a product is the gate.
#   sh kinds.sh SRD_ONNX MODEL.onnx
"$1" --layers "$2" 2>/dev/null | awk '
    NR > 1 {
        inputs = $0
        if (!sub(/.*  <- /, "", inputs)) inputs = ""
        gsub(/ /, "", inputs)
        printf "%s%s(%s)", between, $2, inputs
        between = " "
    }
    END { print "" }'

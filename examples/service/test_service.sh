# test_service.sh SERVICE FOLDER WORK -- the service on small networks of FOLDER: a line and an overlay for each picture, the same bytes every
# time although two threads race for the pictures, and a picture that cannot be read stops nothing.
set -u
service=$1 folder=$2 work=$3
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}
rm -rf "$work" && mkdir -p "$work/in" || exit 1
for i in 1 2 3 4 5 6; do
    cp "$folder/cat.png" "$work/in/$i.png"
    cp "$folder/cat.jpg" "$work/in/$i.jpg"
done

for network in gates_13 class_token_13; do
    for round in 1 2 3; do
        "$service" "$folder/$network.onnx" "$work/in" "$work/out$round" >"$work/said$round" 2>&1 || { cat "$work/said$round"; fail "$network"; }
        # The picture, the class, and the score: the order of the lines is that of the threads.
        grep -E '^[1-6]\.(png|jpg) ' "$work/said$round" | awk '{ print $1, $2, $3 }' | LC_ALL=C sort >"$work/lines$round"
        [ "$(wc -l <"$work/lines$round")" -eq 12 ] || { cat "$work/said$round"; fail "$network: not a line for each picture"; }
        grep -q '^median ' "$work/said$round" || fail "$network: no medians"
        cmp "$work/lines1" "$work/lines$round" || fail "$network: another answer"
        for i in 1 2 3 4 5 6; do
            cmp "$work/out1/1.png.png" "$work/out$round/$i.png.png" || fail "$network: another overlay"
            cmp "$work/out1/1.jpg.png" "$work/out$round/$i.jpg.png" || fail "$network: another overlay"
        done
    done
    cmp -s "$work/out1/1.png.png" "$work/out1/1.jpg.png" && fail "$network: PNG and JPEG, which differ, have one overlay"
    [ "$(dd if="$work/out1/1.png.png" bs=1 skip=1 count=3 2>/dev/null)" = PNG ] || fail "$network: no PNG"
done

head -c 200 "$folder/cat.jpg" >"$work/in/cut.jpg"
echo nonsense >"$work/in/text.png"
"$service" "$folder/gates_13.onnx" "$work/in" "$work/out4" >"$work/said4" 2>&1 && fail "pictures that cannot be read are no failure"
grep -q 'cut.jpg: ' "$work/said4" || fail "nothing is said of the JPEG that is cut off"
grep -q 'text.png: ' "$work/said4" || fail "nothing is said of the PNG that is none"
[ "$(grep -c -E '^[1-6]\.(png|jpg) ' "$work/said4")" -eq 12 ] || { cat "$work/said4"; fail "the others were not decided"; }
"$service" "$folder/cumsum_13.onnx" "$work/in" "$work/out5" >"$work/said5" 2>&1 && fail "a network that is not understood"
grep -q 'CumSum /CumSum: this operator is not supported' "$work/said5" || { cat "$work/said5"; fail "it should name the node"; }
exit $failed

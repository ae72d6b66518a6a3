#!/usr/bin/env python3
"""Five pictures of one decision about a photograph, side by side: docs/howto/which-map-to-show.md tells the story.

    PYTHONPATH=examples/bindings/python python3 examples/howto/which_map_to_show.py NETWORK PHOTOGRAPH.png ROW COLUMN LAYER OUT.jpg

NETWORK: NETWORK.json and NETWORK.npz, as docs/howto/photograph.md makes them. Needs numpy and PIL.
"""
import sys

import numpy as np
from PIL import Image

import explain  # examples/bindings/python: reads networks and photographs
import srd

SHOWN = 260  # height and width of each picture


def dots(heat):
    """Of all |relevance|, the shares of the four kinds of places: rows and columns even or odd."""
    return [np.abs(heat[i::2, j::2]).sum() / np.abs(heat).sum() for i in (0, 1) for j in (0, 1)]


def squares(heat, side):
    """The map in squares of side x side numbers; each becomes their sum, so that nothing is lost."""
    rows, columns = (-(-n // side) for n in heat.shape)
    whole = np.zeros((rows * side, columns * side), np.float32)
    whole[:heat.shape[0], :heat.shape[1]] = heat
    return whole.reshape(rows, side, columns, side).sum((1, 3))


def place_of_squares(place, heat, side):
    """Where such squares of a layer lie: place is Explainer.geometry() of the layer, heat the squares."""
    place.offset_y += place.step_y * (side - 1) / 2
    place.offset_x += place.step_x * (side - 1) / 2
    place.step_y, place.step_x = place.step_y * side, place.step_x * side
    place.rows, place.columns = heat.shape
    place.row_stride = place.columns
    return place


def over(heat, picture, **options):
    """A map over the grey photograph."""
    return srd.render_overlay(heat, picture, (SHOWN, SHOWN), grey_picture=True, scaling=srd.SCALE_PERCENTILE, **options)


def main():
    network, photograph, row, column, layer, out = sys.argv[1:]
    description, graph = explain.load_network(network)
    x, picture = explain.load_picture(photograph, description)
    with graph, srd.Explainer(graph) as explainer:
        explainer.run(x)
        target = srd.Target(position=(int(row), int(column)))  # the top class there
        pixels, inner = explainer.ask(target, [graph.inputs[0], layer])
        different = explainer.ask(target, layer, contrastive=True)
        coarse, smooth = squares(inner, 2), {'enlargement': srd.ENLARGE_BILINEAR}
        middle = place_of_squares(explainer.geometry(layer), coarse, 2)
        sheet = [over(pixels, picture), over(squares(pixels, 10), picture),
                 over(inner, picture, place=explainer.geometry(layer), **smooth), over(coarse, picture, place=middle, **smooth),
                 over(squares(different, 2), picture, place=middle, **smooth)]
        for name, heat in (('pixels', pixels), (layer, inner)):
            print(f'{name}: sum {heat.sum():.4f}, of all |relevance| by kind of place:',
                  ' '.join(f'{share:.0%}' for share in dots(heat)))
        print(f'in squares: sum {squares(pixels, 10).sum():.4f} and {coarse.sum():.4f}')
    Image.fromarray(np.concatenate(sheet, axis=1)).convert('RGB').save(out, quality=85)


if __name__ == '__main__':
    main()

/* write_expected.c -- on the desktop: prints expected_map.h, the map that the other machines must reach. */
#include "fashion_int8.h"
#include "picture.h"
#include "session.h"

#include <stdio.h>

#define PIXELS (PICTURE_SIDE * PICTURE_SIDE)

static _Alignas(SRD_ALIGNMENT) unsigned char memory[FIRMWARE_BYTES];

int main(void)
{
    static float pixels[PIXELS], map[PIXELS];
    session s;
    int32_t class_index;
    float score;
    srd_status status;

    for (int i = 0; i < PIXELS; ++i)
        pixels[i] = ((float)picture[i] / 255.0f - FASHION_INT8_INPUT_MEAN) / FASHION_INT8_INPUT_STD;
    status = session_open(&s, &net_fashion, SRD_MODE_EXPLAIN, memory, sizeof memory);
    if (status == SRD_OK) status = session_run(&s, &net_fashion, pixels);
    if (status == SRD_OK) status = session_explain(&s, &net_fashion, &class_index, &score, map);
    if (status != SRD_OK) {
        (void)fprintf(stderr, "%s\n", srd_status_name(status));
        return 1;
    }
    (void)printf("/* expected_map.h -- the map of the picture on a desktop, by write_expected.c. Its score is %.9g. */\n"
                 "#ifndef FIRMWARE_EXPECTED_MAP_H\n#define FIRMWARE_EXPECTED_MAP_H\n\n"
                 "/* clang-format off */\nstatic const float expected_map[%d] = {",
                 (double)score, PIXELS);
    for (int i = 0; i < PIXELS; ++i) (void)printf("%s%.8ef,", i % 7 == 0 ? "\n    " : " ", (double)map[i]);
    (void)printf("\n};\n/* clang-format on */\n\n#endif\n");
    return 0;
}

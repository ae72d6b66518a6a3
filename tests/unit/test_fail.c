/* test_fail.c -- failures are formatted and cut to the caller's struct; versioned structs are read in both directions. */
#include "base/fail.h"
#include "testing.h"

START_TEST(fail_returns_its_status_and_needs_no_detail)
{
    ck_assert_int_eq(srd__fail(NULL, SRD_ERR_SHAPE, 3, "name", "text %d", (int32_t)1), SRD_ERR_SHAPE);
}
END_TEST

START_TEST(fail_fills_every_field)
{
    srd_detail detail = SRD_DETAIL_INIT;

    detail.reserved = 77;
    ck_assert_int_eq(srd__fail(&detail, SRD_ERR_NUMBER, 12, "conv1", "wrong"), SRD_ERR_NUMBER);
    ck_assert_uint_eq(detail.struct_size, sizeof detail);
    ck_assert_int_eq(detail.status, SRD_ERR_NUMBER);
    ck_assert_int_eq(detail.layer, 12);
    ck_assert_int_eq(detail.reserved, 0);
    ck_assert_str_eq(detail.layer_name, "conv1");
    ck_assert_str_eq(detail.text, "wrong");
}
END_TEST

START_TEST(fail_formats_numbers_and_texts)
{
    srd_detail detail = SRD_DETAIL_INIT;

    (void)srd__fail(&detail, SRD_ERR_SHAPE, 0, NULL, "[%s] %d %d %l %l %z.", "word", (int32_t)0, INT32_MIN, INT64_MIN,
                    INT64_MAX, SIZE_MAX);
    ck_assert_str_eq(detail.layer_name, "");
    ck_assert_ptr_nonnull(strstr(detail.text, "[word] 0 -2147483648 -9223372036854775808 9223372036854775807 "));
#if SIZE_MAX == UINT64_MAX
    ck_assert_ptr_nonnull(strstr(detail.text, " 18446744073709551615."));
#endif
}
END_TEST

START_TEST(fail_cuts_long_names_and_texts)
{
    srd_detail detail = SRD_DETAIL_INIT;
    char word[1000];

    memset(word, 'w', sizeof word);
    word[sizeof word - 1] = '\0';
    (void)srd__fail(&detail, SRD_ERR_SHAPE, 0, word, "%s", word);
    ck_assert_uint_eq(strlen(detail.layer_name), sizeof detail.layer_name - 1);
    ck_assert_uint_eq(strlen(detail.text), sizeof detail.text - 1);
}
END_TEST

/* A caller that was compiled with a shorter text gets no byte beyond its struct. */
START_TEST(fail_stays_inside_an_older_detail)
{
    for (size_t size = 0; size < sizeof(srd_detail); ++size) {
        char bytes[sizeof(srd_detail)];
        uint32_t said = (uint32_t)size;

        memset(bytes, 'z', sizeof bytes);
        memcpy(bytes, &said, sizeof said);
        (void)srd__fail((srd_detail *)(void *)bytes, SRD_ERR_SHAPE, 1, "layer", "%s%s%s%s%s%s%s%s%s%s", "a long text, ",
                        "a long text, ", "a long text, ", "a long text, ", "a long text, ", "a long text, ", "a long text, ",
                        "a long text, ", "a long text, ", "a long text, ");
        for (size_t i = srd__max(size, sizeof said); i < sizeof(srd_detail); ++i) ck_assert_int_eq(bytes[i], 'z');
        if (size > offsetof(srd_detail, text)) ck_assert_ptr_nonnull(memchr(bytes + offsetof(srd_detail, text), 0, size));
        memcpy(&said, bytes, sizeof said);
        ck_assert_uint_eq(said, size);
    }
}
END_TEST

static srd_detail a_detail(void)
{
    srd_detail detail = SRD_DETAIL_INIT;

    (void)srd__fail(&detail, SRD_ERR_STATE, 5, "five", "0123456789");
    return detail;
}

START_TEST(detail_copy_cuts_for_an_older_caller)
{
    const srd_detail from = a_detail();
    srd_detail to;

    memset(&to, 'z', sizeof to);
    to.struct_size = (uint32_t)offsetof(srd_detail, text) + 5;
    ck_assert_int_eq(srd__detail_copy(&to, &from), SRD_OK);
    ck_assert_uint_eq(to.struct_size, offsetof(srd_detail, text) + 5);
    ck_assert_str_eq(to.text, "0123");
    ck_assert_int_eq(to.text[5], 'z');
    ck_assert_int_eq(to.status, SRD_ERR_STATE);
    ck_assert_int_eq(to.layer, 5);
    ck_assert_str_eq(to.layer_name, "five");
}
END_TEST

START_TEST(detail_copy_leaves_a_newer_callers_tail)
{
    const srd_detail from = a_detail();
    struct {
        srd_detail detail;
        char tail[32];
    } to;

    memset(&to, 'z', sizeof to);
    to.detail.struct_size = (uint32_t)sizeof to;
    ck_assert_int_eq(srd__detail_copy(&to.detail, &from), SRD_OK);
    ck_assert_uint_eq(to.detail.struct_size, sizeof to);
    ck_assert_str_eq(to.detail.text, "0123456789");
    for (size_t i = 0; i < sizeof to.tail; ++i) ck_assert_int_eq(to.tail[i], 'z');
}
END_TEST

START_TEST(detail_copy_refuses_what_it_cannot_fill)
{
    const srd_detail from = a_detail();
    srd_detail to;

    memset(&to, 'z', sizeof to);
    to.struct_size = (uint32_t)offsetof(srd_detail, layer_name) - 1;
    ck_assert_int_eq(srd__detail_copy(&to, &from), SRD_ERR_ARGUMENT);
    to.struct_size = (uint32_t)offsetof(srd_detail, layer_name); /* status and layer only */
    ck_assert_int_eq(srd__detail_copy(&to, &from), SRD_OK);
    ck_assert_int_eq(to.status, from.status);
    ck_assert_int_eq(to.layer, from.layer);
    ck_assert_int_eq(to.layer_name[0], 'z');
    ck_assert_int_eq(to.text[0], 'z');
    ck_assert_int_eq(srd__detail_copy(NULL, &from), SRD_ERR_ARGUMENT);
}
END_TEST

/* Three versions of one struct: ours is the middle one, the caller may have any. */
typedef struct version1 {
    uint32_t struct_size;
    int32_t a;
} version1;

typedef struct version2 {
    uint32_t struct_size;
    int32_t a, b, c;
} version2;

typedef struct version3 {
    uint32_t struct_size;
    int32_t a, b, c, d, e;
} version3;

START_TEST(options_of_null_are_zeros)
{
    version2 ours = { 1, 2, 3, 4 };

    ck_assert_int_eq(srd__options_read(&ours, sizeof ours, NULL, sizeof(version1), "options", NULL), SRD_OK);
    ck_assert_int_eq(ours.a, 0);
    ck_assert_int_eq(ours.b, 0);
    ck_assert_int_eq(ours.c, 0);
}
END_TEST

START_TEST(options_of_an_older_caller_are_filled_up_with_zeros)
{
    const version1 theirs = { (uint32_t)sizeof theirs, 7 };
    version2 ours = { 1, 2, 3, 4 };

    ck_assert_int_eq(srd__options_read(&ours, sizeof ours, &theirs, sizeof(version1), "options", NULL), SRD_OK);
    ck_assert_int_eq(ours.a, 7);
    ck_assert_int_eq(ours.b, 0);
    ck_assert_int_eq(ours.c, 0);
}
END_TEST

START_TEST(options_of_a_newer_caller_are_read_if_the_rest_is_zero)
{
    version3 theirs = { (uint32_t)sizeof theirs, 7, 8, 9, 0, 0 };
    version2 ours;
    srd_detail detail = SRD_DETAIL_INIT;

    ck_assert_int_eq(srd__options_read(&ours, sizeof ours, &theirs, sizeof(version1), "options", &detail), SRD_OK);
    ck_assert_int_eq(ours.a, 7);
    ck_assert_int_eq(ours.c, 9);
    ck_assert_int_eq(detail.status, SRD_OK);
    theirs.e = 1;
    ck_assert_int_eq(srd__options_read(&ours, sizeof ours, &theirs, sizeof(version1), "options", &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "options");
}
END_TEST

/* A text is cut between characters, also a broken one that is all continuation bytes. */
START_TEST(texts_are_cut_between_characters)
{
    char name[80];
    srd_detail detail = SRD_DETAIL_INIT;

    for (size_t shift = 0; shift < 2; ++shift) { /* two-byte characters, beginning at an even or at an odd byte */
        memset(name, 0, sizeof name);
        name[0] = 'a';
        for (size_t i = shift; i + 1 < sizeof name; i += 2) {
            name[i] = (char)0xc3;
            name[i + 1] = (char)0xa9;
        }
        name[sizeof name - 1] = '\0';
        (void)srd__fail(&detail, SRD_ERR_ARGUMENT, 0, name, "x");
        ck_assert_uint_eq(strlen(detail.layer_name), 62 + shift);
    }
    memset(name, 0x80, sizeof name - 1);
    (void)srd__fail(&detail, SRD_ERR_ARGUMENT, 0, name, "x");
    ck_assert_uint_eq(strlen(detail.layer_name), 60);
}
END_TEST

START_TEST(options_shorter_than_the_first_version_are_refused)
{
    version2 ours;
    version1 theirs = { 0, 7 };
    srd_detail detail = SRD_DETAIL_INIT;

    ck_assert_int_eq(srd__options_read(&ours, sizeof ours, &theirs, sizeof(version1), "options", &detail), SRD_ERR_ARGUMENT);
    check_detail(&detail, SRD_ERR_ARGUMENT, "", "struct_size");
    theirs.struct_size = (uint32_t)sizeof theirs - 1;
    ck_assert_int_eq(srd__options_read(&ours, sizeof ours, &theirs, sizeof(version1), "options", NULL), SRD_ERR_ARGUMENT);
}
END_TEST

START_TEST(reports_are_written_as_far_as_the_caller_knows_them)
{
    const version2 ours = { 99, 1, 2, 3 };
    version1 older = { (uint32_t)sizeof older, 0 };
    version3 newer = { (uint32_t)sizeof newer, 0, 0, 0, 44, 55 };

    ck_assert_int_eq(srd__report_write(&older, &ours, sizeof ours, sizeof(version1), "report", NULL), SRD_OK);
    ck_assert_uint_eq(older.struct_size, sizeof older);
    ck_assert_int_eq(older.a, 1);
    ck_assert_int_eq(srd__report_write(&newer, &ours, sizeof ours, sizeof(version1), "report", NULL), SRD_OK);
    ck_assert_uint_eq(newer.struct_size, sizeof newer);
    ck_assert_int_eq(newer.c, 3);
    ck_assert_int_eq(newer.d, 0); /* what this library does not know is not left as it was */
    ck_assert_int_eq(newer.e, 0);
    older.struct_size = 4;
    older.a = 66;
    ck_assert_int_eq(srd__report_write(&older, &ours, sizeof ours, sizeof(version1), "report", NULL), SRD_ERR_ARGUMENT);
    ck_assert_int_eq(older.a, 66);
    ck_assert_int_eq(srd__report_write(NULL, &ours, sizeof ours, sizeof(version1), "report", NULL), SRD_ERR_ARGUMENT);
}
END_TEST

/* An array of structs that grew: the caller says how far its entries lie apart. */
START_TEST(entries_of_every_size)
{
    struct {
        int32_t a, b, more;
    } wide[2] = { { 1, 2, 0 }, { 3, 4, 0 } };
    struct {
        int32_t a, b;
    } ours;
    srd_detail why = testing_new_detail();
    size_t size = 0;

    check_ok(srd__entry_size(0, sizeof ours, "keeps", &size, &why));
    ck_assert_uint_eq(size, sizeof ours);
    check_ok(srd__entry_size((int32_t)sizeof wide[0], sizeof ours, "keeps", &size, &why));
    ck_assert_uint_eq(size, sizeof wide[0]);
    check_ok(srd__entry_read(&ours, sizeof ours, wide, size, 1, "keeps", &why));
    ck_assert_int_eq(ours.a, 3);
    ck_assert_int_eq(ours.b, 4);
    wide[1].more = 1;
    ck_assert_int_eq(srd__entry_read(&ours, sizeof ours, wide, size, 1, "keeps", &why), SRD_ERR_ARGUMENT);
    check_detail(&why, SRD_ERR_ARGUMENT, "", "keeps[1]: a field that this version of the library does not know");
    for (int i = 0; i < 5; ++i) {
        const int32_t bad[5] = { -8, 4, 10, 1028, INT32_MIN };

        ck_assert_int_eq(srd__entry_size(bad[i], sizeof ours, "keeps", &size, &why), SRD_ERR_ARGUMENT);
        check_detail(&why, SRD_ERR_ARGUMENT, "", "an entry of keeps has");
    }
}
END_TEST

/* What the library wrote close together is moved apart, with zeros between. */
START_TEST(entries_are_spread)
{
    int32_t numbers[9] = { 1, 2, 3, 4, 5, 6, 7, 7, 7 };
    const int32_t want[9] = { 1, 2, 0, 3, 4, 0, 5, 6, 0 };

    srd__entries_spread(numbers, 2 * sizeof(int32_t), 3 * sizeof(int32_t), 3);
    ck_assert_mem_eq(numbers, want, sizeof want);
    srd__entries_spread(numbers, 3 * sizeof(int32_t), 3 * sizeof(int32_t), 3);
    ck_assert_mem_eq(numbers, want, sizeof want);
}
END_TEST

START_TEST(every_status_has_its_name)
{
    ck_assert_str_eq(srd_status_name(SRD_OK), "SRD_OK");
    ck_assert_str_eq(srd_status_name(-10), "SRD_ERR_ARGUMENT");
    ck_assert_str_eq(srd_status_name(-20), "SRD_ERR_SHAPE");
    ck_assert_str_eq(srd_status_name(-30), "SRD_ERR_STATE");
    ck_assert_str_eq(srd_status_name(-40), "SRD_ERR_MEMORY");
    ck_assert_str_eq(srd_status_name(-50), "SRD_ERR_UNSUPPORTED");
    ck_assert_str_eq(srd_status_name(-60), "SRD_ERR_NUMBER");
    ck_assert_str_eq(srd_status_name(-70), "SRD_ERR_OVERFLOW");
    ck_assert_str_eq(srd_status_name(-1), "unknown status");
    ck_assert_str_eq(srd_status_name(1), "unknown status");
}
END_TEST

START_TEST(the_linked_version_is_the_headers)
{
    ck_assert_int_eq(srd_version(), SRD_VERSION_MAJOR * 10000 + SRD_VERSION_MINOR * 100 + SRD_VERSION_PATCH);
}
END_TEST

int main(void)
{
    const testing_list list[] = {
        { fail_returns_its_status_and_needs_no_detail, 0, 0 },
        { fail_fills_every_field, 0, 0 },
        { fail_formats_numbers_and_texts, 0, 0 },
        { fail_cuts_long_names_and_texts, 0, 0 },
        { fail_stays_inside_an_older_detail, 0, 0 },
        { detail_copy_cuts_for_an_older_caller, 0, 0 },
        { detail_copy_leaves_a_newer_callers_tail, 0, 0 },
        { detail_copy_refuses_what_it_cannot_fill, 0, 0 },
        { options_of_null_are_zeros, 0, 0 },
        { options_of_an_older_caller_are_filled_up_with_zeros, 0, 0 },
        { options_of_a_newer_caller_are_read_if_the_rest_is_zero, 0, 0 },
        { texts_are_cut_between_characters, 0, 0 },
        { options_shorter_than_the_first_version_are_refused, 0, 0 },
        { reports_are_written_as_far_as_the_caller_knows_them, 0, 0 },
        { entries_of_every_size, 0, 0 },
        { entries_are_spread, 0, 0 },
        { every_status_has_its_name, 0, 0 },
        { the_linked_version_is_the_headers, 0, 0 },
        { NULL, 0, 0 },
    };

    return testing_main("fail", list);
}

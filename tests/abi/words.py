"""Reserved words of languages that a binding may be written in."""
KEYWORDS = {language: set(words.split()) for language, words in {
    'C++': '''alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept
        const consteval constexpr constinit const_cast continue co_await co_return co_yield decltype default delete do double
        dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not
        not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return short signed sizeof static
        static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned using
        virtual void volatile wchar_t while xor xor_eq''',
    'Java': '''abstract assert boolean break byte case catch char class const continue default do double else enum extends false final
        finally float for goto if implements import instanceof int interface long native new null package private protected public
        return short static strictfp super switch synchronized this throw throws transient true try void volatile while _''',
    'Python': '''False None True and as assert async await break class continue def del elif else except finally for from global if
        import in is lambda nonlocal not or pass raise return try while with yield''',
    'Rust': '''abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if impl in
        let loop macro match mod move mut override priv pub ref return self Self static struct super trait true try type typeof unsafe
        unsized use virtual where while yield''',
    'Nim': '''addr and as asm bind block break case cast concept const continue converter defer discard distinct div do elif else end
        enum except export finally for from func if import in include interface is isnot iterator let macro method mixin mod nil not
        notin object of or out proc ptr raise ref return shl shr static template try tuple type using var when while xor yield''',
    'Go': '''break case chan const continue default defer else fallthrough for func go goto if import interface map package range
        return select struct switch type var''',
    'C#': '''abstract as base bool break byte case catch char checked class const continue decimal default delegate do double else enum
        event explicit extern false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace
        new null object operator out override params private protected public readonly ref return sbyte sealed short sizeof stackalloc
        static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort using virtual void volatile while''',
    'Swift': '''associatedtype class deinit enum extension fileprivate func import init inout internal let open operator private
        precedencegroup protocol public rethrows static struct subscript typealias var break case catch continue default defer do else
        fallthrough for guard if in repeat return throw switch where while Any as await catch false is nil self Self super throws true
        try''',
    'Zig': '''addrspace align allowzero and anyframe anytype asm async await break callconv catch comptime const continue defer else
        enum errdefer error export extern fn for if inline linksection noalias noinline nosuspend opaque or orelse packed pub resume
        return struct suspend switch test threadlocal try union unreachable usingnamespace var volatile while''',
}.items()}

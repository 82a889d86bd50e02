// The table of collection functions. Sorted by name: FunctionTable searches it by halving.
#include <algorithm>
#include <array>

#include "functions_dict.h"
#include "functions_list.h"
#include "functions_reflect.h"
#include "gotemplate/function.h"

namespace sluice::gotemplate {
namespace {

using namespace internal;  // NOLINT(google-build-using-namespace): the table is their list

constexpr auto kFunctions = std::to_array<Function>({
    {"all", "A*>B", All},
    {"any", "A*>B", Any},
    {"append", "AA>V", Append},
    {"chunk", "IA>{[][]interface {}}", Chunk},
    {"coalesce", "A*>A", Coalesce},
    {"compact", "A>V", Compact},
    {"concat", "A*>A", Concat},
    {"deepCopy", "A>A", DeepCopy},
    {"deepEqual", "AA>B", DeepEqualCall},
    {"default", "AA*>A", Default},
    {"dict", "A*>M", Dict},
    {"dig", "A*>A", Dig},
    {"empty", "A>B", Empty},
    {"first", "A>A", First},
    {"get", "MS>A", Get},
    {"has", "AA>B", Has},
    {"hasKey", "MS>B", HasKey},
    {"initial", "A>V", Initial},
    {"keys", "M*>s", Keys},
    {"kindIs", "SA>B", KindIs},
    {"kindOf", "A>S", KindOf},
    {"last", "A>A", Last},
    {"list", "A*>V", NewList},
    {"merge", "MM*>A", Merge},
    {"mergeOverwrite", "MM*>A", MergeOverwrite},
    {"mustAppend", "AA>V", Append},
    {"mustChunk", "IA>{[][]interface {}}", Chunk},
    {"mustCompact", "A>V", Compact},
    {"mustDeepCopy", "A>A", DeepCopy},
    {"mustFirst", "A>A", First},
    {"mustHas", "AA>B", Has},
    {"mustInitial", "A>V", Initial},
    {"mustLast", "A>A", Last},
    {"mustMerge", "MM*>A", MustMerge},
    {"mustMergeOverwrite", "MM*>A", MustMergeOverwrite},
    {"mustPrepend", "AA>V", Prepend},
    {"mustPush", "AA>V", Append},
    {"mustRest", "A>V", Rest},
    {"mustReverse", "A>V", Reverse},
    {"mustSlice", "AA*>A", Slice},
    {"mustUniq", "A>V", Uniq},
    {"mustWithout", "AA*>V", Without},
    {"omit", "MS*>M", Omit},
    {"pick", "MS*>M", Pick},
    {"pluck", "SM*>V", Pluck},
    {"prepend", "AA>V", Prepend},
    {"push", "AA>V", Append},
    {"rest", "A>V", Rest},
    {"reverse", "A>V", Reverse},
    {"set", "MSA>M", Set},
    {"slice", "AA*>A", Slice},
    {"sortAlpha", "A>s", SortAlpha},
    {"ternary", "AAB>A", Ternary},
    {"toStrings", "A>s", ToStrings},
    {"tuple", "A*>V", NewList},
    {"typeIs", "SA>B", TypeIs},
    {"typeIsLike", "SA>B", TypeIsLike},
    {"typeOf", "A>S", TypeOf},
    {"uniq", "A>V", Uniq},
    {"unset", "MS>M", Unset},
    {"values", "M>V", Values},
    {"without", "AA*>V", Without},
});
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

std::span<const Function> CollectionFunctions() { return kFunctions; }

}  // namespace sluice::gotemplate

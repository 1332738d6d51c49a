namespace DurableSessions.Semantics.Extractive;

/// <summary>Words that say nothing about what a sentence is about.</summary>
internal static class StopWords
{
    private static readonly HashSet<string> Words =
    [
        .. """
        a about after again all already also am an and any are as at be because been before being but by can could did do does doing
        done don't each even every few for from get gets getting give go goes going good got had has have having he her here hers him
        his how i if in into is it it's its just keep let let's like ll look make makes many may maybe me might mine more most much must
        my need needs no not now of off ok okay on once one only or other our ours out over own please put same say says see shall she
        should since so some something still such sure take than thank thanks that that's the their them then there these they thing
        things think this those through till to today tomorrow too under until up us use used uses very want wants was way we well were
        what when where whether which while who whom why will with without won't would yes yet you your yours i'll i'd i'm i've we'll
        we're we've you'll you're
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries),
    ];

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Lookup = Words.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a lower-case word is one of them.</summary>
    public static bool Contains(ReadOnlySpan<char> word) => Lookup.Contains(word);
}

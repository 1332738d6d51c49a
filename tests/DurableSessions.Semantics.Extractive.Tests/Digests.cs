using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive.Tests;

/// <summary>Makes digests with the built-in processor, and checks what holds for every digest.</summary>
internal static class Digests
{
    public static async Task<SemanticDigest> MakeAsync(string? previous, IEnumerable<SessionMessage> messages)
    {
        SemanticDigest digest = await new ExtractiveSemanticProcessor().DigestAsync(
            new SemanticRequest(previous, messages.ToAsyncEnumerable()), TestContext.Current.CancellationToken);
        AssertSound(digest);
        return digest;
    }

    public static Task<SemanticDigest> MakeAsync(params (string Role, string Text)[] messages) =>
        MakeAsync(null, messages.Select(static m => Conversation.Text(m.Role, m.Text)));

    /// <summary>The lines under a heading.</summary>
    public static IReadOnlyList<string> Section(this SemanticDigest digest, string title) =>
    [
        .. digest.Overview.Split('\n').SkipWhile(l => l != "## " + title).Skip(1)
            .TakeWhile(static l => l.StartsWith("- ", StringComparison.Ordinal)),
    ];

    private static void AssertSound(SemanticDigest digest)
    {
        Assert.InRange(digest.Abstract.Length, 1, SemanticDigest.MaxAbstractLength);
        Assert.InRange(digest.Overview.Length, 1, SemanticDigest.MaxOverviewLength);
        Assert.True(digest.Abstract.All(IsPlain), "The abstract is not one line of plain characters.");
        Assert.True(digest.Overview.All(static c => c == '\n' || IsPlain(c)), "The overview has control characters.");
        AssertWhole(digest.Abstract);
        AssertWhole(digest.Overview);
        // Report 4580: a commit without memories says why.
        Assert.Contains("built-in", digest.WithoutMemories, StringComparison.Ordinal);
        if (digest.Overview == "_Nothing to tell yet._\n" || digest.Overview == "_Nothing to tell yet._")
        {
            return;
        }

        string[] titles =
        [
            "## Asked", "## Preferences", "## Decided", "## Done and found", "## Facts", "## Open", "## Names and files",
            "## Likes and rules", "## Plans", "## Happened", "## Told", "## Ahead",
        ];
        string[] lines = digest.Overview.TrimEnd('\n').Split('\n');
        Assert.All(lines, line => Assert.True(
            line.Length == 0 || titles.Contains(line) || (line.StartsWith("- ", StringComparison.Ordinal) && IsItem(line[2..])),
            $"No line of an overview: {line}"));
        Assert.Equal(lines.Where(titles.Contains).Distinct(), lines.Where(titles.Contains));
    }

    private static bool IsPlain(char c) => !char.IsControl(c) && c is not ('\u2028' or '\u2029' or '\u202E');

    // Nothing that would begin another block inside the item, and no code span left open.
    private static bool IsItem(string item) =>
        item.Length > 0 && item[0] is not (' ' or '>' or '|')
        && !item.StartsWith("# ", StringComparison.Ordinal) && !item.StartsWith("- ", StringComparison.Ordinal)
        && !item.StartsWith("```", StringComparison.Ordinal) && !item.StartsWith('<') && item.Count(static c => c == '`') % 2 == 0;

    // Half a surrogate pair cannot be encoded.
    private static void AssertWhole(string text) =>
        Assert.Equal(text, string.Concat(text.EnumerateRunes().Select(static r => r.ToString())), StringComparer.Ordinal);
}

namespace DurableSessions.Ui.Content;

/// <summary>
/// A memory before and after a commit, line by line: what is the same at the beginning and at the end, and what is between.
/// </summary>
/// <param name="Start">The same before and after.</param>
/// <param name="Removed">Only before.</param>
/// <param name="Added">Only after.</param>
/// <param name="End">The same before and after.</param>
public sealed record LineDiff(
    IReadOnlyList<string> Start, IReadOnlyList<string> Removed, IReadOnlyList<string> Added, IReadOnlyList<string> End)
{
    internal static LineDiff Of(string? before, string? after)
    {
        string[] old = Lines(before);
        string[] now = Lines(after);
        int start = old.Zip(now).TakeWhile(static pair => pair.First == pair.Second).Count();
        int end = old.Skip(start).Reverse().Zip(now.Skip(start).Reverse()).TakeWhile(static pair => pair.First == pair.Second).Count();
        return new LineDiff(old[..start], old[start..^end], now[start..^end], old[^end..]);
    }

    private static string[] Lines(string? text) => string.IsNullOrEmpty(text) ? [] : Shown.Of(text).Split('\n');
}

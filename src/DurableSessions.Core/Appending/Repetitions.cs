using DurableSessions.Core.Configuration;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Appending;

/// <summary>Tells which messages of a request without an idempotency key are in the session already.</summary>
/// <remarks>
/// <para>A message that its client has named (or whose sources it has named) is a repetition of one with the same name that is the same
/// in every other byte too: of one that is live, or was archived within <see cref="SessionOptions.IdempotencyWindow"/>.</para>
/// <para>By what they say, messages are known only within <see cref="SessionOptions.RepetitionWindow"/>, and only where the request
/// begins with them: all of it, or at least two. An agent's client sends again what was not answered from its beginning, in its order,
/// perhaps with what came since, or message by message; a user who says «go on» twice is followed by something new.</para>
/// </remarks>
internal static class Repetitions
{
    private const int MinRun = 2;

    /// <summary>The lines that are stored already, and under which ids.</summary>
    public static Dictionary<AppendLine, MessageId> Find(IReadOnlyList<AppendLine> lines, KeyedMessages known, TimeSpan window)
    {
        var found = new Dictionary<AppendLine, MessageId>();
        int run = 0;
        for (int i = 0; i < lines.Count; i++)
        {
            if (Find(lines[i], known, window) is not { } stored)
            {
                continue;
            }

            found.Add(lines[i], stored);
            run = run == i ? i + 1 : run;
        }

        int repeated = run == lines.Count || run >= MinRun ? run : 0;
        foreach (AppendLine line in lines.Skip(repeated).Where(static l => l.Match == RepetitionMatch.Content))
        {
            found.Remove(line);
        }

        return found;
    }

    private static MessageId? Find(AppendLine line, KeyedMessages known, TimeSpan window) => line.Match switch
    {
        RepetitionMatch.Name => known.Find(line.Id) is { } stored && stored.IsSameAs(line.Id) ? stored : null,
        RepetitionMatch.Content => known.Find(line.Id) is { } stored && line.Id.SecondsSince(stored).Duration() <= window ? stored : null,
        _ => null,
    };
}

using DurableSessions.Core;
using DurableSessions.Core.Archives;
using DurableSessions.Core.Context;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Testing;

namespace DurableSessions.Simulation.Tests.Model;

/// <summary>What a reader saw of a session: all of it, as of one moment between its start and its end.</summary>
/// <param name="Start">Before the context was asked for.</param>
/// <param name="End">After it was read.</param>
/// <param name="Messages">Everything that was ever said: the archives, then what is live. Text and id.</param>
/// <param name="Covered">How many of them the overview stands for: what is digested; where it is provisional, all that is archived.</param>
/// <param name="Overview">As <see cref="FakeProcessor"/> makes it.</param>
/// <param name="IsProvisional">Whether the overview is the reading host's own.</param>
internal sealed record Look(
    long Start, long End, IReadOnlyList<(string Text, string Id)> Messages, int Covered, string Overview, bool IsProvisional)
{
    private const string EndOfMark = "\n\n";

    /// <summary>Reads the context, and then the archives that were there: they do not change any more.</summary>
    public static async Task<Look> AtAsync(SessionStore store, SessionKey key, Clock clock)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        long start = clock.Next();
        SessionContext context = await store.Sessions.ReadContextAsync(key, 10_000_000, cancellationToken);
        long end = clock.Next();
        var all = new List<(string Text, string Id)>();
        var boundaries = new HashSet<int> { 0 };
        for (int number = 1; number <= context.TotalArchives; number++)
        {
            Archive archive = await store.Archives.GetAsync(key, number, cancellationToken);
            await foreach (SessionMessage message in archive.Messages.WithCancellation(cancellationToken))
            {
                all.Add((Words.Text(message), message.Id));
            }

            boundaries.Add(all.Count);
        }

        HashSet<string> archived = [.. all.Select(static m => m.Id)];
        List<(string Text, string Id)> inContext =
            [.. context.Messages.Select(static line => SessionMessage.Parse(line)).Select(static m => (Words.Text(m), m.Id))];
        all.AddRange(inContext.Where(m => !archived.Contains(m.Id)));
        int covered = all.Count - inContext.Count;
        Violation.Unless(
            covered >= 0 && inContext.SequenceEqual(all.Skip(covered)) && boundaries.Contains(covered),
            $"The context of {key.Id} is {List(inContext)}; with its {context.TotalArchives} archives there is {List(all)}");
        return context.IsOverviewProvisional
            ? new Look(start, end, all, archived.Count, WithoutMark(context.Overview), IsProvisional: true)
            : new Look(start, end, all, covered, context.Overview, IsProvisional: false);
    }

    public override string ToString() => List(Messages);

    private static string WithoutMark(string overview) =>
        overview[(overview.IndexOf(EndOfMark, StringComparison.Ordinal) + EndOfMark.Length)..];

    private static string List(IEnumerable<(string Text, string Id)> messages) =>
        $"[{string.Join(' ', messages.Select(static m => m.Text))}]";
}

using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using DurableSessions.Core;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Recall;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Limits;

namespace DurableSessions.Http.Recall;

/// <summary>Puts together what a plugin puts into a prompt.</summary>
/// <param name="store">Where it is.</param>
/// <param name="caller">Whose it is.</param>
/// <param name="recent">What was sent in a session's last turns.</param>
/// <param name="cost">Learns what is read; <see langword="null"/> where that is not limited.</param>
internal sealed partial class ContextAssembly(SessionStore store, Caller caller, RecentlyRecalled recent, RequestCost? cost)
{
    /// <summary>The entries, the best first, as far as quotas and budget go.</summary>
    public async Task<IReadOnlyList<ContextEntry>> ReadAsync(ContextRequest request, CancellationToken cancellationToken)
    {
        cost?.Take((MemorySearch.MaxHits / 2) + RequestCost.Of(request.Query.Length));
        IReadOnlyList<Recollection> found = request.WantsMemories
            ? await Recollection.FindAsync(
                store, caller, request.Query, [], request.Filter, h => !IsBeforeAgent(h, request.Session), MemorySearch.MaxHits,
                request.MinScore, cancellationToken)
            : [];
        Predicate<string> wasSent = recent.Find(request.Session, request.DedupTurns);
        var left = new Dictionary<string, int>(request.Quotas, StringComparer.Ordinal);
        long tokens = request.TokenBudget;
        var entries = new List<ContextEntry>();
        foreach (Recollection one in found)
        {
            if (entries.Count == request.Limit || tokens == 0)
            {
                break;
            }

            if (request.Excluded.Contains(one.Uri) || wasSent(one.SentAs) || left.GetValueOrDefault(one.Category, int.MaxValue) == 0
                || await FindEntryAsync(one, request.WantsTexts, tokens, cancellationToken) is not { } entry)
            {
                continue;
            }

            entries.Add(entry);
            tokens -= entry.Tokens;
            if (left.TryGetValue(one.Category, out int quota))
            {
                left[one.Category] = quota - 1;
            }
        }

        recent.Add(request.Session, request.DedupTurns, entries.Select(static e => e.Found.SentAs));
        return entries;
    }

    /// <summary>The entries as one text, each in an element of its own that no text can close.</summary>
    public static string Render(IEnumerable<ContextEntry> entries)
    {
        var text = new StringBuilder();
        foreach (ContextEntry entry in entries)
        {
            Recollection found = entry.Found;
            text.Append(text.Length > 0 ? "\n" : "")
                .Append(CultureInfo.InvariantCulture, $"<memory uri=\"{found.Uri}\" type=\"{found.Category}\" ")
                .Append(CultureInfo.InvariantCulture, $"score=\"{found.Score:0.00}\" detail=\"{Detail(entry)}\">\n");
            text.Append(Tag().Replace(entry.Text, "&lt;")).Append("\n</memory>");
        }

        return text.ToString();
    }

    // What was said in that session since its last commit is in the prompt anyway.
    private static bool IsBeforeAgent(SearchHit hit, SessionKey? session) => hit.Live is { } live && live.Session == session;

    // What begins or ends an element of a rendered context, or of what plugins put it into.
    [GeneratedRegex(@"<(?=\s*/?\s*(?:memory|openviking-context))", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    /// <summary>How much of it the text of an entry is.</summary>
    public static string Detail(ContextEntry entry) => entry.IsFull ? "full" : "abstract";

    // Null: neither its text nor its line fits, or it is gone.
    private async Task<ContextEntry?> FindEntryAsync(
        Recollection found, bool wantsText, long tokens, CancellationToken cancellationToken)
    {
        if (found.Memory is { } memory && wantsText && memory.Tokens <= tokens)
        {
            cost?.Take(1);
            if (await store.Memories.FindAsync(caller.Owner, memory.Key, cancellationToken) is not { } whole)
            {
                return null;
            }

            string text = whole.Content.Trim();
            long all = TokenEstimate.Of(text);
            if (all <= tokens)
            {
                return new ContextEntry(found, IsFull: true, text, all);
            }
        }

        long line = TokenEstimate.Of(found.Abstract);
        return line <= tokens ? new ContextEntry(found, IsFull: false, found.Abstract, line) : null;
    }
}

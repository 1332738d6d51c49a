using System.Collections.ObjectModel;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Live;
using DurableSessions.Core.Messages;

namespace DurableSessions.Core.Appending;

/// <summary>One request to append, on its way: what is to be stored of it goes into one block, all or nothing.</summary>
internal sealed class PendingAppend
{
    private readonly TaskCompletionSource<AppendResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AppendLine[] _lines;
    private IReadOnlyDictionary<AppendLine, MessageId> _stored = ReadOnlyDictionary<AppendLine, MessageId>.Empty;

    public PendingAppend(IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey, DateTimeOffset now, bool byContent)
    {
        RepetitionMatch[] matches = [.. messages.Select(m => Of(m, idempotencyKey, byContent))];
        MessageId[] ids = MakeIds(messages, idempotencyKey, now, matches);
        _lines = [.. messages.Select((m, i) => new AppendLine(
            ids[i], matches[i], m.ToLine(ids[i], now), m.Shape(), m.SaidAt(now)))];
        Lines = _lines;
        Block = BlockOf(_lines);
    }

    /// <summary>All of its messages, in the order of the request.</summary>
    public IReadOnlyList<AppendLine> Request => _lines;

    /// <summary>What is to be stored of it, in the order of the request.</summary>
    public IReadOnlyList<AppendLine> Lines { get; private set; }

    /// <summary>
    /// The id by which it is found to be stored, all of it: no other request has stored a message under it, but for one with the same
    /// idempotency key.
    /// </summary>
    public string FirstId => Lines[0].Id.ToString();

    /// <summary>Whether the request has an idempotency key.</summary>
    public bool HasKey => _lines[0].Match == RepetitionMatch.Key;

    /// <summary>The ids by which it may be found to be a repetition.</summary>
    public IEnumerable<MessageId> DerivedIds => _lines.Where(static l => l.Match != RepetitionMatch.None).Select(static l => l.Id);

    /// <summary>Whether it may be a repetition.</summary>
    public bool MayBeRepetition => _lines.Any(static l => l.Match != RepetitionMatch.None);

    /// <summary>The lines to be stored, each with its line feed.</summary>
    public byte[] Block { get; private set; }

    public Task<AppendResult> Completion => _completion.Task;

    /// <summary>
    /// Leaves out what is stored already, under these ids, and nothing else: what was left out before and is not there any more, since its
    /// session was deleted, is to be stored again.
    /// </summary>
    public void LeaveOut(IReadOnlyDictionary<AppendLine, MessageId> stored)
    {
        if (stored.Count == 0 && _stored.Count == 0)
        {
            return;
        }

        _stored = stored;
        Lines = [.. _lines.Where(l => !stored.ContainsKey(l))];
        Block = BlockOf(Lines);
    }

    public void Complete(LiveCounts counts)
    {
        string[] ids = [.. _lines.Select(l => _stored.GetValueOrDefault(l, l.Id).ToString())];
        _completion.TrySetResult(new AppendResult(ids, counts.Messages, counts.PendingTokens) { Repeated = _stored.Count });
    }

    public void Fail(Exception e) => _completion.TrySetException(e);

    /// <summary>The lines one after the other, each with its line feed.</summary>
    public static byte[] BlockOf(IReadOnlyCollection<AppendLine> lines)
    {
        byte[] block = new byte[lines.Sum(static l => l.Line.Length + 1)];
        int end = 0;
        foreach (AppendLine line in lines)
        {
            line.Line.CopyTo(block, end);
            end += line.Line.Length;
            block[end++] = (byte)'\n';
        }

        return block;
    }

    private static RepetitionMatch Of(NewMessage message, IdempotencyKey? idempotencyKey, bool byContent) =>
        idempotencyKey is not null ? RepetitionMatch.Key
        : message.IsNamed ? RepetitionMatch.Name
        : byContent ? RepetitionMatch.Content
        : RepetitionMatch.None;

    private static MessageId[] MakeIds(
        IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey, DateTimeOffset now, RepetitionMatch[] matches)
    {
        // The same message twice in one request is meant twice.
        var same = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new MessageId[messages.Count];
        for (int i = 0; i < ids.Length; i++)
        {
            if (matches[i] is RepetitionMatch.None or RepetitionMatch.Key)
            {
                ids[i] = idempotencyKey is null ? MessageId.NewRandom() : MessageId.FromKey(idempotencyKey, i);
                continue;
            }

            byte[] hash = messages[i].Hash();
            string text = Convert.ToHexStringLower(hash);
            int before = same.GetValueOrDefault(text);
            same[text] = before + 1;
            ids[i] = matches[i] == RepetitionMatch.Name ? MessageId.FromName(hash, before) : MessageId.FromContent(hash, before, now);
        }

        return ids;
    }

}

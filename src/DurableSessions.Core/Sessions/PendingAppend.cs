using DurableSessions.Core.Messages;
using DurableSessions.Core.Retaining;

namespace DurableSessions.Core.Sessions;

/// <summary>One request to append, on its way: its messages go into one block, all or none.</summary>
internal sealed class PendingAppend
{
    private readonly TaskCompletionSource<AppendResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public PendingAppend(IReadOnlyList<NewMessage> messages, IdempotencyKey? idempotencyKey, DateTimeOffset now)
    {
        IsKeyed = idempotencyKey is not null;
        Ids = [.. messages.Select((_, i) => idempotencyKey?.MessageId(i) ?? MessageId.NewRandom())];
        using var block = new MemoryStream();
        for (int i = 0; i < messages.Count; i++)
        {
            block.Write(messages[i].ToLine(Ids[i], now));
            block.WriteByte((byte)'\n');
            Shapes.Add(messages[i].Shape());
            LastMessageAt = messages[i].SaidAt(now);
        }

        Block = block.ToArray();
    }

    public IReadOnlyList<MessageId> Ids { get; }

    public string FirstId => Ids[0].ToString();

    public bool IsKeyed { get; }

    public List<MessageShape> Shapes { get; } = [];

    public string LastMessageAt { get; } = "";

    /// <summary>The lines, each with its line feed.</summary>
    public byte[] Block { get; }

    public Task<AppendResult> Completion => _completion.Task;

    public void Complete(LiveCounts counts) =>
        _completion.TrySetResult(new AppendResult([.. Ids.Select(static id => id.ToString())], counts.Messages, counts.PendingTokens));

    public void Fail(Exception e) => _completion.TrySetException(e);
}

/// <summary>Messages that are stored.</summary>
/// <param name="MessageIds">Their ids, in the order of the request; the same for a repeated idempotency key.</param>
/// <param name="MessageCount">Live messages of the session, these included where they still are live.</param>
/// <param name="PendingTokens">Estimated tokens of the live messages that a commit like the last one would archive.</param>
public sealed record AppendResult(IReadOnlyList<string> MessageIds, int MessageCount, long PendingTokens);

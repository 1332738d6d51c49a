using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>Digests by counting, remembers as an event what begins with <c>remember</c>, and forgets it when told to; sessions whose first message says so wait until they are let go.</summary>
internal sealed class HeldProcessor : ISemanticProcessor
{
    public const string HoldText = "hold this commit";

    public const string ForgetText = "forget it";

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "counting";

    public void Release() => _released.TrySetResult();

    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        int count = 0;
        var memories = new List<MemoryChange>();
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            if (message.Parts is [{ Text: HoldText }])
            {
                await _released.Task.WaitAsync(cancellationToken);
            }

            count++;
            if (message.Parts is [{ Text: ForgetText }])
            {
                // Only what was shown is deleted.
                await request.Memories!.ReadAsync(cancellationToken);
                memories.Add(new MemoryChange { Operation = MemoryOperation.Delete, Category = MemoryCategory.Events, Name = "remembered" });
            }

            if (message.Parts is [{ Text: ['r', 'e', 'm', 'e', 'm', 'b', 'e', 'r', ' ', .. { } what] }])
            {
                memories.Add(new MemoryChange { Operation = MemoryOperation.Merge, Category = MemoryCategory.Events, Name = "remembered", Content = what });
            }
        }

        return new SemanticDigest($"{count} messages", $"# {count} messages") { Memories = memories };
    }
}

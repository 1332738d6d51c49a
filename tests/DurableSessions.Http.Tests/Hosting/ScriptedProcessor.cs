using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;
using DurableSessions.Orchestration;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>
/// A processor that messages control. Its digest counts messages, stores a message that begins with <c>remember</c> as a memory of an
/// event, and deletes that on request. On other texts the digest waits until it is released, reports its cost, or fails for good.
/// </summary>
internal sealed class ScriptedProcessor : ISemanticProcessor
{
    public const string HoldText = "hold this commit";
    public const string CostText = "this digest costs";
    public const string FailText = "fail this commit";

    /// <summary>The error of the commit that fails.</summary>
    public const string Secrets =
        "The model refuses api_key=S3CRET-one, sk-proj-S3CRET_two and Bearer S3CRET.three:\nAuthorization: Basic S3CRET4\n<<end>>";

    public const string ForgetText = "forget it";

    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "counting";

    /// <summary>Whether it answers nothing.</summary>
    public bool IsAway { get; set; }

    /// <summary>What is held from now on waits for another release.</summary>
    public void Hold() => _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => _released.TrySetResult();

    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        if (IsAway)
        {
            throw new IOException("The model is away.");
        }

        int count = 0;
        bool costs = false;
        var memories = new List<MemoryChange>();
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            if (message.Parts is [{ Text: HoldText }])
            {
                await _released.Task.WaitAsync(cancellationToken);
            }

            costs |= message.Parts is [{ Text: CostText }];
            if (message.Parts is [{ Text: FailText }])
            {
                throw new NonRetriableTaskException(Secrets);
            }

            count++;
            if (message.Parts is [{ Text: ForgetText }])
            {
                // Only what was shown is deleted.
                await request.Memories!.ReadAsync(cancellationToken);
                memories.Add(new MemoryChange
                {
                    Operation = MemoryOperation.Delete,
                    Category = MemoryCategory.Events,
                    Peer = message.PeerId,
                    Name = "remembered",
                    Sources = MemorySources.Owner,
                });
            }

            if (message.Parts is [{ Text: ['r', 'e', 'm', 'e', 'm', 'b', 'e', 'r', ' ', .. { } what] }])
            {
                memories.Add(new MemoryChange
                {
                    Operation = MemoryOperation.Merge,
                    Category = MemoryCategory.Events,
                    Peer = message.PeerId,
                    Name = "remembered",
                    Content = what,
                    Sources = message.Role == "user" ? MemorySources.Owner : MemorySources.Tool,
                });
            }
        }

        return new SemanticDigest($"{count} messages", $"# {count} messages{request.Instructions}")
        {
            Memories = memories,
            Usage = costs ? new TokenUsage(1_000, 200, 3, 400, 50) : null,
        };
    }
}

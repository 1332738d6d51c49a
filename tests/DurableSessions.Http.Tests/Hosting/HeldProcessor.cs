using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Http.Tests.Hosting;

/// <summary>Digests by counting; sessions whose first message says so wait until they are let go.</summary>
internal sealed class HeldProcessor : ISemanticProcessor
{
    public const string HoldText = "hold this commit";

    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => "counting";

    public void Release() => _released.TrySetResult();

    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        int count = 0;
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            if (message.Parts is [{ Text: HoldText }])
            {
                await _released.Task.WaitAsync(cancellationToken);
            }

            count++;
        }

        return new SemanticDigest($"{count} messages", $"# {count} messages");
    }
}

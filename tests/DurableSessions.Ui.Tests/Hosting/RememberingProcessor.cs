using DurableSessions.Core.Memories;
using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;
using DurableSessions.Core.State;

namespace DurableSessions.Ui.Tests.Hosting;

/// <summary>A digest that counts messages, and stores each that begins with <c>remember</c> as a memory of an event.</summary>
internal sealed class RememberingProcessor : ISemanticProcessor
{
    public string Name => "remembering";

    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        int count = 0;
        var memories = new List<MemoryChange>();
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            count++;
            if (message.Parts is [{ Text: ['r', 'e', 'm', 'e', 'm', 'b', 'e', 'r', ' ', .. { } what] }])
            {
                memories.Add(new MemoryChange
                {
                    Operation = MemoryOperation.Merge,
                    Category = MemoryCategory.Events,
                    Name = "remembered",
                    Content = what,
                    Sources = MemorySources.Owner,
                });
            }
        }

        return new SemanticDigest($"{count} messages about an export", $"# What was said\n\n{count} messages.") { Memories = memories };
    }
}

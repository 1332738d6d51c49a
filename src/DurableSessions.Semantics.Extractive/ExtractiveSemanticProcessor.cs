using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// The built-in digest: chooses sentences that were said, and names, and needs no model. The same request always gives the
/// same digest; its time grows with the messages alone, and its memory not at all.
/// </summary>
/// <remarks>
/// The overview is its own memory: each digest reads the one before back in, lets it age, and fits the new messages in. Texts
/// are data: nothing in a message can change the structure of the overview.
/// </remarks>
public sealed class ExtractiveSemanticProcessor : ISemanticProcessor
{
    /// <inheritdoc/>
    public string Name => "extractive";

    /// <inheritdoc/>
    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        var digestion = new Digestion();
        OverviewReader.Read(request.PreviousOverview ?? "", digestion);
        var reader = new MessageReader(digestion);
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            reader.Read(message);
        }

        reader.Complete();
        var writer = new OverviewWriter(digestion);
        string overview = writer.Write();
        return new SemanticDigest(AbstractWriter.Write(writer, digestion), overview)
        {
            WithoutMemories = "the built-in digest extracts no memories: that needs a chat model",
        };
    }
}

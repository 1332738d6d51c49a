using DurableSessions.Core.Messages;
using DurableSessions.Core.Semantics;

namespace DurableSessions.Semantics.Extractive;

/// <summary>
/// The built-in digest: chooses sentences that were said, and names. It needs no model, no network and no storage.
/// </summary>
/// <remarks>
/// <para>The same request gives the same digest, on every host and in every culture. Its time is linear in the text of the
/// request. Its memory is bounded by the longest message and the previous overview, not by the number of messages.</para>
/// <para>The overview is its only memory: each digest reads the previous overview back in, lets it age, and fits the new
/// messages in. Texts are data: nothing in a message or a previous overview changes the structure of the overview.</para>
/// <para>An instance has no state: any number of digests may be made with it at the same time.</para>
/// </remarks>
public sealed class ExtractiveSemanticProcessor : ISemanticProcessor
{
    private const string Without =
        "the built-in digest extracts what the user says to remember, always or never to do, to prefer or to have decided: more needs a "
        + "chat model";

    /// <summary><c>extractive</c>.</summary>
    public string Name => "extractive";

    /// <summary>Makes the digest of the previous overview together with the new messages.</summary>
    /// <param name="request">
    /// The overview may be one of another processor. The messages are read once; an exception of their stream comes through.
    /// </param>
    /// <param name="cancellationToken">Handed to the stream of messages; a digest ends where the stream ends by it.</param>
    /// <returns>
    /// An abstract of at most <see cref="SemanticDigest.MaxAbstractLength"/> and an overview of at most
    /// <see cref="SemanticDigest.MaxOverviewLength"/> characters, neither of them empty. Of memories there is what the owner
    /// states as one, by <see cref="StatedMemories"/>; <see cref="SemanticDigest.WithoutMemories"/> says that it is no more.
    /// </returns>
    /// <exception cref="OperationCanceledException">The stream of messages ended by the token.</exception>
    public async Task<SemanticDigest> DigestAsync(SemanticRequest request, CancellationToken cancellationToken)
    {
        var digestion = new Digestion();
        OverviewReader.Read(request.PreviousOverview ?? "", digestion);
        var reader = new MessageReader(digestion);
        StatedMemories? stated = request.Memories is { } extraction
            ? new StatedMemories(extraction, request.PreviousUsers)
            : null;
        await foreach (SessionMessage message in request.Messages.WithCancellation(cancellationToken))
        {
            reader.Read(message);
            stated?.Read(message);
        }

        reader.Complete();
        var writer = new OverviewWriter(digestion);
        string overview = writer.Write();
        return new SemanticDigest(AbstractWriter.Write(writer, digestion), overview)
        {
            Memories = stated?.Changes() ?? [],
            MemoriesSkipped = stated?.Skipped() ?? [],
            WithoutMemories = Without,
        };
    }
}

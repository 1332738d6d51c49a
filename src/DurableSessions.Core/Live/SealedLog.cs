using System.Runtime.CompilerServices;
using DurableSessions.Core.Messages;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Live;

/// <summary>The messages of sealed segments, in order, each id once. May be read several times.</summary>
internal sealed class SealedLog(SegmentStore segments, IReadOnlyList<SegmentReference> references, long maxBufferedBytes)
{
    private List<SessionMessage>? _buffered;

    /// <summary>What the first reading has seen of each segment.</summary>
    public List<SegmentView> Views { get; } = [];

    /// <summary>Reads all of it. What fits into the buffer is read from storage once.</summary>
    public async IAsyncEnumerable<SessionMessage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (_buffered is not null)
        {
            foreach (SessionMessage message in _buffered)
            {
                yield return message;
            }

            yield break;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        List<SessionMessage>? buffer = [];
        long bytes = 0;
        Views.Clear();
        foreach (SegmentReference reference in references)
        {
            var view = new SegmentView(reference) { IsSealed = !reference.Immutable, IsComplete = true };
            Views.Add(view);
            await foreach (BlobLine line in segments.ReadAsync(reference.Name, 0, cancellationToken))
            {
                SessionMessage message = SessionMessage.Parse(line.Content);
                view.Add(message, line.End);
                view.WrittenAt = line.WrittenAt;
                if (!seen.Add(message.Id))
                {
                    continue;
                }

                bytes += line.Content.Length;
                buffer = bytes <= maxBufferedBytes ? buffer : null;
                buffer?.Add(message);
                yield return message;
            }
        }

        _buffered = buffer;
    }
}

namespace DurableSessions.Core.Indexing;

/// <summary>
/// Makes one segment of several: their archives in the order in which they are given, each once. The same segments make the same bytes.
/// Memory holds the dictionary of the result, the rows of its messages, and for each segment a block and the postings of one term.
/// </summary>
internal static class SegmentMerger
{
    /// <summary>Merges segments.</summary>
    /// <param name="inputs">The segments.</param>
    /// <param name="keep">Which archives are kept: of the others nothing is left.</param>
    /// <param name="output">Where the result goes.</param>
    /// <param name="cancellationToken">Leaves an unfinished stream.</param>
    /// <exception cref="FormatException">A segment is damaged.</exception>
    public static async Task MergeAsync(
        IReadOnlyList<SegmentReader> inputs, Predicate<SegmentArchive> keep, Stream output, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(keep);
        var kept = new HashSet<SegmentArchive>();
        var kinds = new SegmentKinds();
        var archives = new List<(SegmentArchive, int)>();

        // Made as long as they come to be at most: one that grows takes up to three times as much.
        int most = inputs.Sum(static i => i.Messages);
        using var rows = new MemoryStream(checked(most * SegmentFormat.RowBytes));
        using var lengths = new MemoryStream(most * SegmentFormat.LengthBytes);
        long total = 0;
        MergedInput[] merged = new MergedInput[inputs.Count];
        int messages = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            bool[] keeps = [.. inputs[i].Archives.Select(a => keep(a) && kept.Add(a))];
            merged[i] = new MergedInput(inputs[i], keeps, messages, cancellationToken);
            (int added, long length) = merged[i].CopyMessages(rows, lengths, kinds, archives);
            messages = checked(messages + added);
            total += length;
        }

        var writer = new SegmentWriter(output);
        try
        {
            var next = new PriorityQueue<MergedInput, byte[]>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
            foreach (MergedInput input in merged)
            {
                if (await input.NextTermAsync())
                {
                    next.Enqueue(input, input.Term);
                }
            }

            var having = new List<MergedInput>();
            while (next.TryPeek(out _, out byte[]? term))
            {
                having.Clear();
                while (next.TryPeek(out _, out byte[]? same) && same.AsSpan().SequenceEqual(term))
                {
                    having.Add(next.Dequeue());
                }

                writer.BeginTerm(term);
                foreach (MergedInput input in having.OrderBy(static i => i.FirstMessage))
                {
                    await input.CopyPostingsAsync(writer);
                }

                await writer.EndTermAsync(cancellationToken);
                foreach (MergedInput input in having)
                {
                    if (await input.NextTermAsync())
                    {
                        next.Enqueue(input, input.Term);
                    }
                }
            }
        }
        finally
        {
            foreach (MergedInput input in merged)
            {
                await input.DisposeAsync();
            }
        }

        await writer.FinishAsync(rows, lengths, total, kinds.All, archives, cancellationToken);
    }
}

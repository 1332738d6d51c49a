namespace DurableSessions.Core.Indexing;

/// <summary>A segment in one search: what its messages have of the query.</summary>
/// <param name="reader">The segment.</param>
/// <param name="owns">Of each archive whether it counts here; else it does in another segment.</param>
internal sealed class ScoredSegment(SegmentReader reader, bool[] owns)
{
    private readonly bool _ownsAll = !owns.Contains(false);
    private ReadOnlyMemory<byte>[] _postings = [];
    private float[] _ranks = [];
    private float[] _evidence = [];
    private float[] _archiveRanks = [];

    public SegmentReader Reader { get; } = reader;

    /// <summary>Where the postings of the query's words are.</summary>
    public SegmentTerm?[] Terms { get; set; } = [];

    /// <summary>How many messages count.</summary>
    public int Messages { get; } =
        Enumerable.Range(0, owns.Length).Where(i => owns[i]).Sum(i => reader.FirstMessages[i + 1] - reader.FirstMessages[i]);

    /// <summary>How many archives count.</summary>
    public int Archives { get; } = owns.Count(static o => o);

    /// <summary>The terms of all messages that count.</summary>
    public long Length { get; } = reader.ArchiveLengths.Where((_, i) => owns[i]).Sum();

    /// <summary>Reads the postings of these words.</summary>
    public async Task ReadAsync(int[] words, CancellationToken cancellationToken)
    {
        _postings = new ReadOnlyMemory<byte>[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            _postings[i] = Terms[words[i]] is { } term
                ? await Reader.ReadPostingsAsync(term, cancellationToken)
                : ReadOnlyMemory<byte>.Empty;
        }
    }

    /// <summary>How many messages and archives have a word.</summary>
    public (int Messages, int Archives) Count(int word)
    {
        int messages = 0;
        int archives = 0;
        int archive = -1;
        int counted = -1;
        var postings = new SegmentPostings(_postings[word].Span, Reader.Messages);
        while (postings.Next())
        {
            if (Counts(postings.Message, ref archive))
            {
                messages++;
                archives += archive != counted ? 1 : 0;
                counted = archive;
            }
        }

        return (messages, archives);
    }

    /// <summary>Adds what the messages and archives have of a word.</summary>
    public void Score(int word, Bm25Scale scale, long messages, double rarest, Bm25Scale archiveScale, long archives)
    {
        if (_postings[word].IsEmpty)
        {
            return;
        }

        if (_ranks.Length == 0)
        {
            (_ranks, _evidence, _archiveRanks) = (new float[Reader.Messages], new float[Reader.Messages], new float[owns.Length]);
        }

        double rarity = scale.Rarity(messages);
        double archiveRarity = archiveScale.Rarity(archives);
        int archive = -1;
        int counted = -1;
        long times = 0;
        var postings = new SegmentPostings(_postings[word].Span, Reader.Messages);
        while (postings.Next())
        {
            if (!Counts(postings.Message, ref archive))
            {
                continue;
            }

            if (archive != counted)
            {
                EndArchive();
                (counted, times) = (archive, 0);
            }

            times += postings.Times;
            double frequency = scale.Frequency(postings.Times, Reader.LengthOf(postings.Message));
            _ranks[postings.Message] += (float)Bm25Scale.Rank(rarity, frequency);
            _evidence[postings.Message] += (float)Bm25Scale.Evidence(rarity, rarest, frequency);
        }

        EndArchive();

        void EndArchive()
        {
            if (counted >= 0)
            {
                double frequency = archiveScale.Frequency(times, Reader.ArchiveLengths[counted]);
                _archiveRanks[counted] += (float)Bm25Scale.Rank(archiveRarity, frequency);
            }
        }
    }

    /// <summary>The messages that have any word and may be found, with their ranks.</summary>
    public IEnumerable<(int Message, double Rank)> Scores(MessageFilter filter, double neighbourShare, double archiveShare)
    {
        if (_ranks.Length == 0)
        {
            yield break;
        }

        for (int archive = 0; archive < owns.Length; archive++)
        {
            if (_archiveRanks[archive] <= 0 || !filter.Allows(Reader.Archives[archive]))
            {
                continue;
            }

            (int first, int end) = (Reader.FirstMessages[archive], Reader.FirstMessages[archive + 1]);
            for (int message = first; message < end; message++)
            {
                if (_ranks[message] > 0 && IsAllowed(message, filter))
                {
                    float beside = (message > first ? _ranks[message - 1] : 0) + (message + 1 < end ? _ranks[message + 1] : 0);
                    yield return (message, _ranks[message] + (neighbourShare * beside) + (archiveShare * _archiveRanks[archive]));
                }
            }
        }
    }

    public MessageMatch MatchOf(int message)
    {
        int archive = Reader.ArchiveOf(message);
        SegmentRow row = Reader.RowOf(message);
        (string role, string? peer) = Reader.Kinds[row.Kind];
        return new MessageMatch(
            Reader.Archives[archive], message - Reader.FirstMessages[archive], row.Offset, row.Length, role, peer, row.CreatedAt,
            Bm25Scale.Score(_evidence[message]));
    }

    private bool IsAllowed(int message, MessageFilter filter)
    {
        if (filter is { Role: null, Peer: null, SeenBy: null, From: null, To: null })
        {
            return true;
        }

        SegmentRow row = Reader.RowOf(message);
        (string role, string? peer) = Reader.Kinds[row.Kind];
        return filter.Allows(role, peer, row.CreatedAt);
    }

    // Postings come archive by archive: which one a message is in is looked up where it is not in the one before.
    private bool Counts(int message, ref int archive)
    {
        if (archive < 0 || message >= Reader.FirstMessages[archive + 1])
        {
            archive = Reader.ArchiveOf(message);
        }

        return _ownsAll || owns[archive];
    }
}

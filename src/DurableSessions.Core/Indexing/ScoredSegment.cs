using System.Buffers;

namespace DurableSessions.Core.Indexing;

/// <summary>A segment in one search: what its messages have of the query. Its arrays are given back when it is disposed of.</summary>
/// <param name="reader">The segment.</param>
/// <param name="owns">Of each archive whether it counts here; else it does in another segment.</param>
internal sealed class ScoredSegment(SegmentReader reader, bool[] owns) : IDisposable
{
    private readonly bool _ownsAll = !owns.Contains(false);
    private ReadOnlyMemory<byte>[] _postings = [];
    private long[]?[] _archiveTimes = [];
    private float[] _ranks = [];
    private uint[] _words = [];
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
        _postings = await Reader.ReadPostingsAsync(words.Select(w => Terms[w]), cancellationToken);
        _archiveTimes = new long[]?[words.Length];
        Counted = [.. words.Select((w, i) => _ownsAll ? Terms[w]?.Messages ?? 0 : CountMessages(i))];
    }

    /// <summary>Of each word how many messages have it.</summary>
    public int[] Counted { get; private set; } = [];

    /// <summary>Adds what the messages have of a word, and notes what the archives have: each word once, in their order.</summary>
    public void Score(int word, QueryWord scale)
    {
        if (_postings[word].IsEmpty)
        {
            return;
        }

        if (_ranks.Length == 0)
        {
            (_ranks, _words) = (Rent<float>(Reader.Messages), Rent<uint>(Reader.Messages));
            _archiveRanks = new float[owns.Length];
        }

        long[] archiveTimes = new long[owns.Length];
        float[] ranks = _ranks;
        uint[] words = _words;
        ReadOnlySpan<byte> lengths = Reader.Lengths;
        int[] firsts = Reader.FirstMessages;
        uint bit = 1u << word;
        int archive = -1;
        int end = 0;
        bool counts = false;
        var postings = new SegmentPostings(_postings[word].Span, Reader.Messages);
        while (postings.Next())
        {
            int message = postings.Message;

            // Postings come archive by archive: which one a message is in is looked up where it is not in the one before.
            if (message >= end)
            {
                archive = Reader.ArchiveOf(message);
                end = firsts[archive + 1];
                counts = owns[archive];
            }

            if (counts)
            {
                archiveTimes[archive] += postings.Times;
                ranks[message] += scale.Rank(postings.Times, SegmentReader.LengthOf(lengths, message));
                words[message] |= bit;
            }
        }

        _archiveTimes[word] = archiveTimes;
    }

    /// <summary>How many archives have a word that was scored.</summary>
    public int CountArchives(int word) => _archiveTimes[word]?.Count(static t => t > 0) ?? 0;

    /// <summary>Adds what the archives have of a word that was scored: each word once, in their order.</summary>
    public void ScoreArchives(int word, Bm25Scale scale, long archives)
    {
        if (_archiveTimes[word] is not { } archiveTimes)
        {
            return;
        }

        double rarity = scale.Rarity(archives);
        for (int archive = 0; archive < archiveTimes.Length; archive++)
        {
            if (archiveTimes[archive] > 0)
            {
                double frequency = scale.Frequency(archiveTimes[archive], Reader.ArchiveLengths[archive]);
                _archiveRanks[archive] += (float)Bm25Scale.Rank(rarity, frequency);
            }
        }
    }

    /// <summary>Hands the messages that have any word and may be found to the search, with their ranks.</summary>
    /// <param name="filter">Which may be found.</param>
    /// <param name="neighbourShare">What counts of a message's neighbours.</param>
    /// <param name="archiveShare">What counts of its archive.</param>
    /// <param name="best">Says what a rank must be more than, from then on.</param>
    public void Rank(MessageFilter filter, double neighbourShare, double archiveShare, Func<int, double, double> best)
    {
        double least = double.NegativeInfinity;
        for (int archive = 0; archive < _archiveRanks.Length; archive++)
        {
            if (_archiveRanks[archive] <= 0 || !filter.Allows(Reader.Archives[archive]))
            {
                continue;
            }

            (int first, int end) = (Reader.FirstMessages[archive], Reader.FirstMessages[archive + 1]);
            ReadOnlySpan<float> ranks = _ranks.AsSpan(first, end - first);
            double ofArchive = archiveShare * _archiveRanks[archive];
            for (int i = 0; i < ranks.Length; i++)
            {
                if (ranks[i] <= 0)
                {
                    continue;
                }

                float beside = (i > 0 ? ranks[i - 1] : 0) + (i + 1 < ranks.Length ? ranks[i + 1] : 0);
                double rank = ranks[i] + (neighbourShare * beside) + ofArchive;
                if (rank > least && IsAllowed(first + i, filter))
                {
                    least = best(first + i, rank);
                }
            }
        }
    }

    public MessageMatch MatchOf(int message, QueryWord[] words, double rarest)
    {
        int archive = Reader.ArchiveOf(message);
        SegmentRow row = Reader.RowOf(message);
        (string role, string? peer) = Reader.Kinds[row.Kind];
        double rarities = words.Where((_, word) => (_words[message] & (1u << word)) != 0).Sum(static w => w.Rarity);
        return new MessageMatch(
            Reader.Archives[archive], message - Reader.FirstMessages[archive], row.Offset, row.Length, role, peer, row.CreatedAt,
            Bm25Scale.Score(Bm25Scale.Evidence(rarities, _ranks[message], rarest)));
    }

    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_ranks);
        ArrayPool<uint>.Shared.Return(_words);
        (_ranks, _words, _archiveRanks) = ([], [], []);
    }

    private static T[] Rent<T>(int length)
    {
        T[] rented = ArrayPool<T>.Shared.Rent(length);
        Array.Clear(rented, 0, length);
        return rented;
    }

    // Those of archives that count in another segment do not count here.
    private int CountMessages(int word)
    {
        int messages = 0;
        int end = 0;
        bool counts = false;
        var postings = new SegmentPostings(_postings[word].Span, Reader.Messages);
        while (postings.Next())
        {
            if (postings.Message >= end)
            {
                int archive = Reader.ArchiveOf(postings.Message);
                end = Reader.FirstMessages[archive + 1];
                counts = owns[archive];
            }

            messages += counts ? 1 : 0;
        }

        return messages;
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
}

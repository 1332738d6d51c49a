using Azure.Storage.Blobs;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Indexing;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Recall;

/// <summary>
/// What a host has indexed of one log of live messages, as far as it has read it. Only what was appended since is read and indexed. Of a
/// long log it is the end: at least <see cref="MaxBytes"/>, and one chunk more at most.
/// </summary>
/// <param name="session">The session.</param>
/// <param name="incarnation">Which one of that id.</param>
/// <param name="log">The blob.</param>
internal sealed class LogIndex(SessionKey session, string incarnation, string log)
{
    /// <summary>The bytes of lines that are kept of a longer log.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>A chunk that has so many bytes of lines is full. Only the last one is indexed anew when something is appended.</summary>
    public const int ChunkBytes = 256 * 1024;

    private readonly Queue<(LogChunk Chunk, long LineBytes)> _full = new();
    private readonly MemoryStream _lines = new();
    private SegmentBuilder? _builder;
    private LogChunk? _growing;
    private long _growingBytes;
    private long _fullBytes;
    private int _parts;

    /// <summary>One reader at a time.</summary>
    public SemaphoreSlim Gate { get; } = new(1, 1);

    /// <summary>Up to where the log was read.</summary>
    public long End { get; private set; }

    /// <summary>What it takes in memory, estimated; what is being built takes about twice its lines.</summary>
    public long Bytes => 1024 + _full.Sum(static f => f.Chunk.Bytes) + (_growing?.Bytes ?? 0) + (2 * _growingBytes) + _lines.Length;

    /// <summary>What was read, in the order of the log.</summary>
    public IReadOnlyList<LogChunk> Chunks =>
        [.. _full.Select(static f => f.Chunk), .. _growing is { } last ? [last] : Array.Empty<LogChunk>()];

    /// <summary>Reads on, up to the end of the log as it is.</summary>
    /// <param name="container">Where the log is.</param>
    /// <param name="length">How long the log is, as a listing has it.</param>
    /// <param name="cancellationToken">Stops reading; what was read counts.</param>
    /// <exception cref="BlobGoneException">The log was deleted.</exception>
    /// <exception cref="FormatException">A line of the log cannot be read; the others are.</exception>
    public async Task ReadAsync(BlobContainerClient container, long length, CancellationToken cancellationToken)
    {
        if (length > End)
        {
            bool isInLine = length - End > MaxBytes;
            if (isInLine)
            {
                (_builder, _growing, _growingBytes, _fullBytes) = (null, null, 0, 0);
                _full.Clear();
                End = length - MaxBytes - 1;
            }

            try
            {
                await ReadLinesAsync(container, isInLine, cancellationToken);
            }
            finally
            {
                await IndexAsync();
            }
        }
    }

    private async Task ReadLinesAsync(BlobContainerClient container, bool isInLine, CancellationToken cancellationToken)
    {
        FormatException? unreadable = null;
        await foreach (BlobLine line in BlobLines.ReadAsync(container, log, End, cancellationToken: cancellationToken))
        {
            if (!isInLine)
            {
                try
                {
                    await AddAsync(line);
                }
                catch (FormatException e)
                {
                    unreadable ??= e;
                }
            }

            isInLine = false;
            End = line.End;
        }

        if (unreadable is not null)
        {
            throw unreadable;
        }
    }

    private async Task AddAsync(BlobLine line)
    {
        if (_builder is null)
        {
            _builder = new SegmentBuilder(PlaceOf(_parts++));
            _lines.SetLength(0);
            _growingBytes = 0;
        }

        _builder.Add(SegmentMessage.Read(line, _lines.Length));
        _growing = null;
        _growingBytes += line.Content.Length;
        if (line.Content.Length <= MessageSearch.MaxLineBytes)
        {
            _lines.Write(line.Content.Span);
        }

        if (_growingBytes >= ChunkBytes)
        {
            await IndexAsync();
            _full.Enqueue((_growing!, _growingBytes));
            _fullBytes += _growingBytes;
            (_builder, _growing, _growingBytes) = (null, null, 0);
            _lines.SetLength(0);
            while (_fullBytes - _full.Peek().LineBytes >= MaxBytes)
            {
                _fullBytes -= _full.Dequeue().LineBytes;
            }
        }
    }

    private async Task IndexAsync()
    {
        if (_builder is null || _growing is not null)
        {
            return;
        }

        using var segment = new MemoryStream();
        await _builder.WriteAsync(segment, CancellationToken.None);
        SegmentReader reader = await SegmentReader.OpenAsync(new HeldSegment(segment.ToArray()), CancellationToken.None);
        byte[] lines = _lines.ToArray();
        _growing = new LogChunk(log, reader.Archives[0], reader, lines, segment.Length + reader.ResidentBytes + lines.Length);
    }

    private SegmentArchive PlaceOf(int part) =>
        SegmentArchive.OfLog(session.Id, incarnation, log[BlobNames.SegmentPrefix(session, incarnation).Length..], part);
}

using DurableSessions.Core.Archives;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace DurableSessions.Core.Context;

/// <summary>
/// Reads the messages of archives in blocks, which this host remembers for a while: an agent reads its context before each of its turns,
/// and an archive is written once.
/// </summary>
internal sealed class ArchiveBlocks(SessionStorage storage, HostCache memory)
{
    /// <summary>The bytes of a block; the last of an archive may have fewer.</summary>
    public const int BlockBytes = 256 * 1024;

    private static readonly TimeSpan s_unused = TimeSpan.FromMinutes(10);

    /// <summary>Whether a block can be read without a request.</summary>
    public bool Knows(CommitAttempt commit, long block) => memory.TryGetValue(Name(commit, block), out _);

    /// <summary>A block of an archive's messages, by its number from 0. Behind the end it is empty.</summary>
    /// <exception cref="BlobGoneException">The archive has expired, or its session is deleted.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(CommitAttempt commit, long block, CancellationToken cancellationToken)
    {
        object name = Name(commit, block);
        if (memory.TryGetValue(name, out ReadOnlyMemory<byte> known))
        {
            return known;
        }

        var blob = storage.Container.GetBlobClient(ArchiveStore.MessagesName(commit));
        ReadOnlyMemory<byte> bytes =
            (await BlobLines.ReadRangeAsync(blob, block * BlockBytes, BlockBytes, cancellationToken))?.Content ?? default;
        return memory.Set(name, bytes, HostCache.Sized(bytes.Length, s_unused));
    }

    private static object Name(CommitAttempt commit, long block) => (nameof(ArchiveBlocks), commit, block);
}

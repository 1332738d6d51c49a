using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using DurableSessions.Core.Configuration;
using DurableSessions.Core.Identities;
using DurableSessions.Core.State;
using DurableSessions.Core.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Core.Quotas;

/// <summary>
/// The tokens that models have taken and given for an account on a UTC day: a line of an append blob for each digest. Without the quota
/// nothing is read or written.
/// </summary>
/// <remarks>
/// <para>A line is written after its digest is stored, and is sent once. A crash before or inside leaves the digest uncounted, after it
/// counted once; never is there another digest for it. Digests that are being made are not counted yet.</para>
/// <para>Storage that fails stops no commit: what is known counts. Days older than <see cref="KeptDays"/> are deleted by the host that
/// begins a new one, up to <see cref="MaxDeleted"/> at a time; a crash before leaves them to the next day. A day has 50,000 lines at the
/// most, as an append blob has blocks; more digests are logged, and not counted.</para>
/// </remarks>
internal sealed class DailyTokens(
    SessionStorage storage, HostCache memory, SessionOptions options, TimeProvider time, ILogger<DailyTokens> log)
{
    /// <summary>The days that are kept.</summary>
    public const int KeptDays = 35;

    /// <summary>The days that are deleted at a time.</summary>
    public const int MaxDeleted = 10;

    /// <summary>Whether there is a quota.</summary>
    public bool HasQuota => options.Quotas.ModelTokensPerDay is not null;

    /// <summary>Why no model is asked for an account; <see langword="null"/>: it may be.</summary>
    public async Task<string?> FindReasonAsync(string account, CancellationToken cancellationToken)
    {
        if (options.Quotas.ModelTokensPerDay is not { } limit)
        {
            return null;
        }

        long used = await ReadAsync(account, BlobNames.TokensOfDay(account, Today), cancellationToken);
        return used < limit
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the account is over its quota Quotas:ModelTokensPerDay: {used} of {limit} tokens are used today");
    }

    /// <summary>Counts a digest that was stored, or an answer that is not kept.</summary>
    public async Task AddAsync(string account, CommitId commit, TokenUsage? usage, CancellationToken cancellationToken)
    {
        if (!HasQuota || usage is null or { Input: 0, Output: 0 })
        {
            return;
        }

        var counted = new Line(commit.Value, usage.Input + usage.Output);
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(counted, StoreJson.Options), (byte)'\n'];
        string name = BlobNames.TokensOfDay(account, Today);
        try
        {
            if (!await TryAppendAsync(name, line, cancellationToken))
            {
                await storage.Container.GetAppendBlobClient(name).CreateIfNotExistsAsync(cancellationToken: cancellationToken);
                await TryAppendAsync(name, line, cancellationToken);
                await DeleteOldAsync(account, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.TokensNotCounted(e, account);
        }
    }

    private DateOnly Today => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);

    private async Task<long> ReadAsync(string account, string name, CancellationToken cancellationToken)
    {
        // Each read goes on from what one before has seen; two at the same time come to the same.
        Sum sum = memory.TryGetValue(("tokens", name), out Sum? known) ? known! : new Sum(0, 0);
        try
        {
            await foreach (BlobLine line in BlobLines.ReadAsync(
                storage.Container, name, sum.Length, cancellationToken: cancellationToken))
            {
                sum = new Sum(line.End, sum.Tokens + JsonSerializer.Deserialize<Line>(line.Content.Span, StoreJson.Options)!.Tokens);
            }
        }
        catch (BlobGoneException)
        {
            // No digest of that day was counted.
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.TokensNotCounted(e, account);
        }

        memory.Set(("tokens", name), sum, HostCache.Small(TimeSpan.FromDays(1)));
        return sum.Tokens;
    }

    // Sent once, so that no digest counts twice. False: there is no such blob.
    private async Task<bool> TryAppendAsync(string name, byte[] line, CancellationToken cancellationToken)
    {
        try
        {
            using var content = new MemoryStream(line, writable: false);
            await storage.Unretried.GetAppendBlobClient(name).AppendBlockAsync(content, cancellationToken: cancellationToken);
            return true;
        }
        catch (RequestFailedException e) when (e.IsNotFound())
        {
            return false;
        }
    }

    // Names sort by days: the oldest come first.
    private async Task DeleteOldAsync(string account, CancellationToken cancellationToken)
    {
        string oldest = BlobNames.TokensOfDay(account, Today.AddDays(-KeptDays));
        var listing = new GetBlobsOptions { Prefix = BlobNames.TokensOfAccount(account) };
        await foreach (BlobItem day in storage.Container.GetBlobsAsync(listing, cancellationToken).Take(MaxDeleted))
        {
            if (string.CompareOrdinal(day.Name, oldest) >= 0)
            {
                return;
            }

            await storage.Container.GetBlobClient(day.Name).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        }
    }

    private sealed record Line(string Commit, long Tokens);

    private sealed record Sum(long Length, long Tokens);
}

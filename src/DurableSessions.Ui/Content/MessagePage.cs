using DurableSessions.Core.Messages;
using DurableSessions.Http.Limits;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Ui.Content;

/// <summary>Some messages of a longer list.</summary>
/// <param name="From">The index of the first one, from 0.</param>
/// <param name="Messages">At most <see cref="Size"/>, and no more than fit a page.</param>
/// <param name="HasMore">Whether there are more behind them.</param>
public sealed record MessagePage(int From, IReadOnlyList<MessageView> Messages, bool HasMore)
{
    /// <summary>The most messages of a page.</summary>
    public const int Size = 50;

    // What is shown of them is clipped, but a page of the longest ones would still be of many megabytes.
    private const int MaxBytes = 1024 * 1024;

    /// <summary>The index behind the last one.</summary>
    public int Next => From + Messages.Count;

    /// <summary>The index of the page before; <see langword="null"/>: it is the first.</summary>
    public int? Previous => From == 0 ? null : Math.Max(0, From - Size);

    // Messages before the page are read, and given up one by one; each MiB that is read is paid for.
    internal static async Task<MessagePage> ReadAsync(HttpContext http, IAsyncEnumerable<SessionMessage> messages, int from)
    {
        await BodyLease.ForAnswer(http)(MessageLimits.MaxAppendBytes, http.RequestAborted);
        RequestCost? cost = RequestCost.Find(http);
        var shown = new List<MessageView>();
        int index = 0;
        long bytes = 0;
        long unpaid = 0;
        await foreach (SessionMessage message in messages.WithCancellation(http.RequestAborted))
        {
            unpaid += message.Line.Length;
            cost?.Take(RequestCost.Of(unpaid));
            unpaid %= RequestCost.TokenBytes;
            if (index++ < from)
            {
                continue;
            }

            bytes += message.Line.Length;
            if (shown.Count == Size || (bytes > MaxBytes && shown.Count > 0))
            {
                return new MessagePage(from, shown, HasMore: true);
            }

            shown.Add(MessageView.Of(message));
        }

        return new MessagePage(from, shown, HasMore: false);
    }
}

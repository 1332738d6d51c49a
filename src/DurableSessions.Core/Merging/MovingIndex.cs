using DurableSessions.Core.Errors;
using DurableSessions.Core.Identities;
using DurableSessions.Core.Storage;

namespace DurableSessions.Core.Merging;

/// <summary>
/// Reads the segments of a user's index that a listing shows. One that has gone when it is to be read was merged, or deleted: what it has
/// become is in the next listing.
/// </summary>
internal static class MovingIndex
{
    /// <summary>
    /// The most listings. A segment goes once: after each of so many one has gone where many sessions of a user are deleted at once.
    /// </summary>
    public const int MaxListings = 10;

    /// <summary>Lists, and reads what is listed, anew for as long as a segment has gone meanwhile.</summary>
    /// <param name="user">Whose index it is.</param>
    /// <param name="read">Lists, and reads; throws <see cref="BlobGoneException"/> where a segment has gone.</param>
    /// <exception cref="ContentionException">One had gone after each of <see cref="MaxListings"/> listings.</exception>
    public static async Task<T> ReadAsync<T>(UserKey user, Func<Task<T>> read)
    {
        for (int listing = 1; listing <= MaxListings; listing++)
        {
            try
            {
                return await read();
            }
            catch (BlobGoneException)
            {
                // Another listing shows what it has become.
            }
        }

        throw Contention(user, MaxListings);
    }

    /// <summary>The error where a user's index was not the same from a listing to what was read by it.</summary>
    public static ContentionException Contention(UserKey user, int times) =>
        new($"The search index of user '{user}' was changed by others {times} times in a row.");
}

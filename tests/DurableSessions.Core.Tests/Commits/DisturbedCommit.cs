using DurableSessions.Core.Commits;
using DurableSessions.Core.Identities;
using DurableSessions.Testing;

namespace DurableSessions.Core.Tests.Commits;

/// <summary>A commit that keeps one message, once for each of its requests, one of which has no answer or is refused.</summary>
internal static class DisturbedCommit
{
    /// <summary>Each message is in one place afterwards.</summary>
    /// <param name="storage">Where each has a container of its own.</param>
    /// <param name="key">The session.</param>
    /// <param name="said">Its messages.</param>
    /// <param name="commitId">The commit.</param>
    /// <param name="carriedOut">Whether storage carries the request out.</param>
    /// <param name="prepare">What comes before the commit.</param>
    public static async Task ChangesNothingAsync(
        StorageFixture storage, SessionKey key, string[] said, string commitId, bool carriedOut, Func<Host, Task>? prepare = null)
    {
        for (int k = 1; ; k++)
        {
            string container = (await storage.NewContainerAsync()).Name;
            using Host host = await Host.StartAsync(storage, container);
            await host.AppendAsync(key, said);
            await (prepare?.Invoke(host) ?? Task.CompletedTask);
            CommitInput commit = await host.AcceptAsync(key, commitId, keepRecent: 1);
            int before = host.Faults.Requests;
            host.Faults.AtRequest(before + k, carriedOut ? Fault.DropAnswer : Fault.Respond(500, "InternalError"));
            await host.CommitAsync(commit);
            using Host fresh = await Host.StartAsync(storage, container);
            Audit audit = await fresh.AuditAsync(key);
            Assert.Equal(said, audit.Everything);
            Assert.Equal(said[..^1], Assert.Single(audit.Archives).Texts);
            if (host.Faults.Requests - before < k)
            {
                break;
            }
        }
    }
}

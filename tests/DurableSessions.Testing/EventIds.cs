using System.Reflection;
using Microsoft.Extensions.Logging;

namespace DurableSessions.Testing;

/// <summary>The event ids of a project's log messages, which operators filter by.</summary>
internal static class EventIds
{
    /// <summary>
    /// Each id belongs to one message of the project, is in the project's hundred, and stays with the message it was released with.
    /// </summary>
    /// <param name="log">The class that declares the messages.</param>
    /// <param name="first">The first id of the project's hundred.</param>
    /// <param name="released">The messages by their ids.</param>
    public static void AssertStable(Type log, int first, IReadOnlyDictionary<int, string> released)
    {
        List<(int Id, string Name)> messages =
        [
            .. from method in log.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
               let attribute = method.GetCustomAttribute<LoggerMessageAttribute>()
               where attribute is not null
               select (attribute.EventId, method.Name),
        ];

        Assert.Equal(messages.Count, messages.DistinctBy(static m => m.Id).Count());
        Assert.All(messages, m => Assert.InRange(m.Id, first, first + 99));
        Assert.All(released, r => Assert.Contains((r.Key, r.Value), messages));
    }
}

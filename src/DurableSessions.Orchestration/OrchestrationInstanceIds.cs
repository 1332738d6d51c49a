using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace DurableSessions.Orchestration;

/// <summary>The ids of instances: 1 to 256 characters of <c>A-Z a-z 0-9 - _ . @</c>.</summary>
public static partial class OrchestrationInstanceIds
{
    /// <summary>Whether a text is an id of an instance.</summary>
    public static bool IsValid(string id) => ValidId().IsMatch(id);

    /// <summary>Throws where a text is no id of an instance.</summary>
    /// <exception cref="ArgumentException">It is none; the message says what an id is.</exception>
    public static void ThrowIfInvalid(string id, [CallerArgumentExpression(nameof(id))] string? paramName = null)
    {
        if (!IsValid(id))
        {
            throw new ArgumentException("An instance id is 1 to 256 characters of A-Z a-z 0-9 - _ . @", paramName);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9\-_.@]{1,256}\z")]
    private static partial Regex ValidId();
}

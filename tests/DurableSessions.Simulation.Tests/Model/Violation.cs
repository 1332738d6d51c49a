using System.Diagnostics.CodeAnalysis;

namespace DurableSessions.Simulation.Tests.Model;

/// <summary>Something that the product promises not to happen has happened.</summary>
internal sealed class Violation(string message) : Exception(message)
{
    public static void Unless([DoesNotReturnIf(false)] bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new Violation(otherwise);
        }
    }
}

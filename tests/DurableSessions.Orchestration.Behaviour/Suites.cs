using System.Reflection;

namespace DurableSessions.Orchestration.Behaviour;

/// <summary>The classes of this assembly that an engine's tests derive from.</summary>
public static class Suites
{
    private static readonly Assembly s_here = typeof(PortBehaviour).Assembly;

    /// <summary>Fails unless the tests of an engine derive from each of them.</summary>
    /// <param name="tests">The engine's test classes; others among them change nothing.</param>
    public static void AssertAllIn(IEnumerable<Type> tests) => Assert.Equal(
        NamesOf(s_here.GetTypes().Where(static type => type.IsSubclassOf(typeof(PortBehaviour)))),
        NamesOf(tests.Where(static type => !type.IsAbstract).Select(static type => type.BaseType!)
            .Where(static suite => suite.Assembly == s_here && suite.IsSubclassOf(typeof(PortBehaviour)))));

    private static IEnumerable<string> NamesOf(IEnumerable<Type> suites) => suites.Select(static suite => suite.Name).Distinct().Order();
}
